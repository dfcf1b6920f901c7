-- segment.keep_report: reports as rows, made by a nightly job, for mail and BI tools to pick up.

CREATE TABLE segment.report_kept (
	model_id	bigint NOT NULL REFERENCES segment.model ON DELETE CASCADE,
	at			timestamptz NOT NULL DEFAULT now(),
	html		text NOT NULL,
	by_value	text,
	CONSTRAINT report_kept_key UNIQUE NULLS NOT DISTINCT (model_id, by_value, at)
);
COMMENT ON TABLE segment.report_kept IS
	'reports that segment.keep_report() kept; every role sees those of its own models (see the view segment.reports)';
COMMENT ON COLUMN segment.report_kept.model_id IS 'number of the model';
COMMENT ON COLUMN segment.report_kept.at IS 'start of the transaction that made it';
COMMENT ON COLUMN segment.report_kept.html IS 'the page';
COMMENT ON COLUMN segment.report_kept.by_value IS 'the group that it is about; NULL: the model as a whole';

-- No policy for those with whom the model is shared: a report has customers in it, as its owner may read them.
ALTER TABLE segment.report_kept OWNER TO @extowner@;
ALTER TABLE segment.report_kept ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON segment.report_kept
	USING (EXISTS (SELECT FROM segment.model AS m WHERE m.id = model_id AND pg_has_role(m.owner, 'USAGE')));
COMMENT ON POLICY own ON segment.report_kept IS 'reports are for those whose the model is';
GRANT SELECT, INSERT, UPDATE, DELETE ON segment.report_kept TO PUBLIC;
SELECT pg_extension_config_dump('segment.report_kept', '');

CREATE VIEW segment.reports WITH (security_invoker) AS
SELECT m.model, r.at, r.html, m.owner::text, r.by_value
FROM segment.report_kept AS r JOIN segment.model AS m ON m.id = r.model_id
ORDER BY m.owner::text, m.model, r.by_value COLLATE "C" NULLS FIRST, r.at;
COMMENT ON VIEW segment.reports IS
	'reports that segment.keep_report() kept, of the models of the current role and of the roles whose privileges it has; sharing a model does not share them. Of all roles for superusers and the owner of the extension';
COMMENT ON COLUMN segment.reports.model IS 'name of the model';
COMMENT ON COLUMN segment.reports.at IS 'when it was made';
COMMENT ON COLUMN segment.reports.html IS 'the page, as segment.report() made it';
COMMENT ON COLUMN segment.reports.owner IS 'role that fitted the model';
COMMENT ON COLUMN segment.reports.by_value IS 'group that it is about; NULL: the model as a whole';
GRANT SELECT ON segment.reports TO PUBLIC;

CREATE FUNCTION segment.check_reports_kept(most int) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT coalesce(most > 0, false) THEN
		RAISE EXCEPTION 'the number of reports to keep must be 1 or more'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave it out for 30.';
	END IF;
END
$$;
COMMENT ON FUNCTION segment.check_reports_kept(int) IS 'an error (22023) unless the number is one of reports to keep';

CREATE FUNCTION segment.keep_page(model_id bigint, by_value text, most int, html text) RETURNS timestamptz
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	kept_at timestamptz;
BEGIN
	INSERT INTO segment.report_kept AS r (model_id, by_value, html) VALUES (keep_page.model_id, keep_page.by_value, keep_page.html)
		ON CONFLICT ON CONSTRAINT report_kept_key DO UPDATE SET html = excluded.html
		RETURNING r.at INTO kept_at;
	DELETE FROM segment.report_kept AS r
		WHERE r.model_id = keep_page.model_id AND r.by_value IS NOT DISTINCT FROM keep_page.by_value
			AND r.at < (SELECT min(l.at) FROM (
				SELECT n.at FROM segment.report_kept AS n
				WHERE n.model_id = keep_page.model_id AND n.by_value IS NOT DISTINCT FROM keep_page.by_value
				ORDER BY n.at DESC LIMIT most) AS l);
	RETURN kept_at;
END
$$;
COMMENT ON FUNCTION segment.keep_page(bigint, text, int, text) IS
	'keeps a page as a report of the model of that number, or of a group of it, and as many of them as given in all, the latest; returns when it was made';

CREATE FUNCTION segment.keep_report(model text, most int DEFAULT 30, by_value text DEFAULT NULL) RETURNS timestamptz
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT segment.check_reports_kept(keep_report.most);
	SELECT segment.keep_page(m.id, (SELECT g.by_value FROM segment.group_of(m.id, keep_report.by_value) AS g WHERE keep_report.by_value IS NOT NULL),
		keep_report.most, segment.report(keep_report.model, keep_report.by_value))
	FROM segment.model_id(keep_report.model) AS m(id);
END;
COMMENT ON FUNCTION segment.keep_report(text, int, text) IS
	'makes the report of the current role''s model, or of its group by_value, and keeps it, in segment.reports, with the time of the transaction, which it returns; a second one in the same transaction takes the place of the first. most: how many reports of the model, or of that group, to keep, the latest; older ones are deleted. '
	'A report takes some 600 kB as it is stored. Errors: no such model (42704), or the model is only shared (42501); a number below 1 (22023); as segment.report()';
