-- segment.share: who else may see a model. The right is SELECT on the gate of the model (see 50-models.sql), which only the owner
-- of the extension can grant.

-- A row that row-level security lets in is a request of the model's owner; it is carried out at once, and not kept.
CREATE TABLE segment.share_request (
	model_id	bigint NOT NULL REFERENCES segment.model ON DELETE CASCADE,
	role		regrole,
	shared		boolean NOT NULL
);
COMMENT ON TABLE segment.share_request IS
	'requests of segment.share(), segment.unshare() and segment.drop(), carried out and deleted by a trigger: always empty';
COMMENT ON COLUMN segment.share_request.model_id IS 'number of the model, which the policy checks to be the current role''s';
COMMENT ON COLUMN segment.share_request.role IS 'role that is to see it, or no longer; NULL: nobody any more, and the views that read it go';
COMMENT ON COLUMN segment.share_request.shared IS 'which of the two';
ALTER TABLE segment.share_request OWNER TO @extowner@;
ALTER TABLE segment.share_request ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON segment.share_request FOR INSERT
	WITH CHECK (EXISTS (SELECT FROM segment.model AS m WHERE m.id = model_id AND pg_has_role(m.owner, 'USAGE')));
COMMENT ON POLICY own ON segment.share_request IS 'a model is shared by those whose it is';
GRANT INSERT ON segment.share_request TO PUBLIC;

CREATE FUNCTION segment.carry_out_share() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	gate regclass;
	role_name name;
	owner oid;
BEGIN
	IF NEW.role IS NULL THEN
		-- a view that depends on what is dropped goes along, whosever it is
		EXECUTE format('DROP VIEW IF EXISTS %s CASCADE', segment.gate_name(NEW.model_id));
		DELETE FROM segment.share_request;
		RETURN NULL;
	END IF;
	SELECT r.rolname INTO role_name FROM pg_roles AS r WHERE r.oid = NEW.role;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'role % does not exist', NEW.role
			USING ERRCODE = 'undefined_object', HINT = 'Write the role as in GRANT, in single quotes.';
	END IF;
	SELECT m.owner INTO STRICT owner FROM segment.model AS m WHERE m.id = NEW.model_id;
	IF NEW.role <> owner THEN
		gate := segment.open_gate(NEW.model_id);
		IF NEW.shared THEN
			EXECUTE format('GRANT SELECT ON %s TO %I', gate, role_name);
		ELSE
			EXECUTE format('REVOKE SELECT ON %s FROM %I', gate, role_name);
		END IF;
	END IF;
	DELETE FROM segment.share_request;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION segment.carry_out_share() IS
	'trigger: grants a role SELECT on the gate of a model, or revokes it (the owner always has it), or drops the gate and all that depends on it; SECURITY DEFINER because the gate belongs to the owner of the tables. The policy of the table has checked whose the model is';
ALTER FUNCTION segment.carry_out_share() OWNER TO @extowner@;
CREATE TRIGGER carry_out_share AFTER INSERT ON segment.share_request
	FOR EACH ROW EXECUTE FUNCTION segment.carry_out_share();
-- As with the trigger functions of 50-models.sql; and on a table of one's own it would grant whatever the rows say.
REVOKE EXECUTE ON FUNCTION segment.carry_out_share() FROM PUBLIC;
COMMENT ON TRIGGER carry_out_share ON segment.share_request IS 'does what the row asks for';

CREATE FUNCTION segment.share(model text, role regrole) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF role IS NULL THEN
		RAISE EXCEPTION 'role must not be NULL'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Write the role as in GRANT, in single quotes.';
	END IF;
	INSERT INTO segment.share_request (model_id, role, shared) VALUES (segment.model_id(model), role, true);
END
$$;
COMMENT ON FUNCTION segment.share(text, regrole) IS
	'lets a role, and its members, see the current role''s model: in segment.models, segment.personas and segment.changes, by segment.profile() and segment.history(), its snapshots, with the keys of the customers, by segment.snapshots, segment.migration() and segment.movers(), by segment.explain(), segment.score(), segment.story() and, where it may read the source, segment.health() and segment.explain_customer(), and by views that it makes with segment.create_view() of a source that it may read. It cannot change the model; but while views of its own read it, segment.drop() fails, unless it is told to drop them too. '
	'The right is SELECT on the model''s gate, and behaves so: it is dumped, it stands against DROP ROLE, and DROP OWNED takes it away. Errors: no such model or role (42704); the model is only shared (42501); no role (22004)';

CREATE FUNCTION segment.unshare(model text, role regrole) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF role IS NULL THEN
		RAISE EXCEPTION 'role must not be NULL'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Write the role as in REVOKE, in single quotes.';
	END IF;
	INSERT INTO segment.share_request (model_id, role, shared) VALUES (segment.model_id(model), role, false);
END
$$;
COMMENT ON FUNCTION segment.unshare(text, regrole) IS
	'takes back what segment.share() gave; views that the role made of the model stay, and fail when they are read. Nothing happens if it was not shared with that role. Errors as segment.share()';

CREATE VIEW segment.shares WITH (security_invoker) AS
SELECT m.model, a.grantee::regrole::text AS role, m.owner::text
FROM segment.model AS m
JOIN pg_class AS c ON c.oid = to_regclass(segment.gate_name(m.id))
CROSS JOIN LATERAL aclexplode(c.relacl) AS a
WHERE a.privilege_type = 'SELECT' AND a.grantee NOT IN (m.owner::oid, c.relowner)
ORDER BY m.owner::text, m.model, a.grantee::regrole::text;
COMMENT ON VIEW segment.shares IS 'with which roles models are shared, of the models that segment.models shows';
COMMENT ON COLUMN segment.shares.model IS 'name of the model';
COMMENT ON COLUMN segment.shares.role IS 'role that may see it';
COMMENT ON COLUMN segment.shares.owner IS 'role that fitted the model';
GRANT SELECT ON segment.shares TO PUBLIC;
