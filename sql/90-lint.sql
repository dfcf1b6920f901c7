-- segment.lint: what is wrong with a source, its features or a model, and the statement that helps.

CREATE FUNCTION segment.lint_remedy(source regclass, features text[], without text DEFAULT NULL, more text DEFAULT '') RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN cardinality(array_remove(features, without)) > 0
		THEN format('SELECT * FROM segment.fit(%L, %L, features => %L%s);', 'customers', segment.qualified_name(source), array_remove(features, without), more) END;
END;
COMMENT ON FUNCTION segment.lint_remedy(regclass, text[], text, text) IS
	'a statement that fits these features, but for one of them, with more arguments; NULL if none would be left';

CREATE FUNCTION segment.lint_features(source regclass, features text[], scale text, search_path text, part text DEFAULT NULL)
	RETURNS TABLE (severity text, finding text, subject text, what text, remedy text)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	d record;
	c record;
	described CONSTANT text := segment.qualified_name(source);
	varying text[] := '{}';
	variances float8[] := '{}';
	usable bigint;
	least bigint;				-- of the features that tell anybody apart
	total float8;
	skewed boolean;
BEGIN
	FOR d IN SELECT * FROM segment.describe_columns(source, features, search_path, part) LOOP
		usable := d.rows - d.nulls - d.not_finite;
		subject := d.column_name;
		IF d.rows = 0 THEN
			severity := 'error'; finding := 'no rows'; subject := described;
			what := 'it has no rows'; remedy := NULL;
			RETURN NEXT;
			RETURN;
		ELSIF usable = 0 THEN
			severity := 'error'; finding := 'empty';
			what := 'no row has a number in it, and rows without one take no part';
			remedy := segment.lint_remedy(source, features, d.column_name);
			RETURN NEXT;
			CONTINUE;
		END IF;
		IF usable <= d.rows * 0.95 THEN
			severity := 'warning'; finding := 'missing values';
			what := format('%s %% of the rows have NULL, NaN or infinity in it, and take no part', round(100 * (1 - usable::numeric / d.rows), 1));
			remedy := format('CREATE VIEW customers_filled AS SELECT *, CASE WHEN %1$I::float8 > ''-Infinity'' AND %1$I::float8 < ''Infinity'' THEN %1$I::float8 ELSE %2$s END AS %3$I FROM %4$s;',
				d.column_name, d.median, d.column_name || '_filled', described);
			RETURN NEXT;
		END IF;
		IF d.distinct_values = 1 THEN
			severity := 'warning'; finding := 'constant';
			what := format('it is %s everywhere, and tells nobody from anybody', d.min);
			remedy := segment.lint_remedy(source, features, d.column_name);
			RETURN NEXT;
			CONTINUE;
		END IF;
		least := least(least, usable);
		varying := varying || d.column_name;
		variances := variances || d.sd ^ 2;
		IF d.distinct_values = 2 THEN
			severity := 'warning'; finding := 'binary';
			what := format('it is %s or %s: scaled like the others, it splits every cluster in two', d.min, d.max);
			remedy := segment.lint_remedy(source, features, d.column_name);
			RETURN NEXT;
			CONTINUE;
		ELSIF d.distinct_values >= usable * (1 - 1e-9) AND usable >= 20 AND d.type IN ('smallint', 'integer', 'bigint') AND d.max - d.min < 1.5 * usable THEN
			severity := 'warning'; finding := 'identifier';
			what := 'no two rows have the same number, and few numbers are left out: it seems to number the rows';
			remedy := segment.lint_remedy(source, features, d.column_name);
			RETURN NEXT;
			CONTINUE;
		END IF;
		skewed := abs(d.skew) >= 2;
		IF skewed AND scale IS DISTINCT FROM 'log' THEN
			severity := 'warning'; finding := 'skewed';
			what := format('its skewness is %s: a few large values decide, and most rows end in one cluster', round(d.skew::numeric, 1));
			remedy := segment.lint_remedy(source, features, NULL, ', scale => ''log''');
			RETURN NEXT;
		ELSIF NOT skewed AND d.q3 > d.q1 AND greatest(d.max - d.q3, d.q1 - d.min) > 10 * (d.q3 - d.q1) AND scale IS DISTINCT FROM 'robust' THEN
			severity := 'warning'; finding := 'outliers';
			what := format('it goes from %s to %s, but half of the rows lie between %s and %s', d.min, d.max, d.q1, d.q3);
			remedy := segment.lint_remedy(source, features, NULL, ', scale => ''robust''');
			RETURN NEXT;
		END IF;
	END LOOP;

	total := (SELECT sum(v) FROM unnest(variances) AS v);
	IF cardinality(varying) > 1 AND scale IS NOT DISTINCT FROM 'none' OR scale IS NULL THEN
		FOR c IN SELECT f.name, f.variance / total AS share FROM unnest(varying, variances) AS f(name, variance)
			WHERE cardinality(varying) > 1 AND f.variance > 0.9 * total
		LOOP
			severity := CASE scale WHEN 'none' THEN 'warning' ELSE 'info' END; finding := 'dominates unscaled'; subject := c.name;
			what := format('it has %s %% of the variance: unscaled, it decides nearly alone', floor(100 * c.share));
			remedy := segment.lint_remedy(source, features, NULL, ', scale => ''zscore''');
			RETURN NEXT;
		END LOOP;
	END IF;
	IF cardinality(varying) BETWEEN 2 AND 98 THEN
		FOR c IN SELECT r.a, r.b, r.r FROM segment.correlations_between(source, varying, 'pearson', search_path, part) AS r WHERE abs(r.r) >= 0.95 LOOP
			severity := 'warning'; finding := 'correlated'; subject := c.b;
			what := format('it goes with %s (r = %s): what both say counts twice', quote_ident(c.a), round(c.r::numeric, 3));
			remedy := segment.lint_remedy(source, features, c.b);
			RETURN NEXT;
		END LOOP;
	END IF;
	IF least < 10 * cardinality(features) THEN
		severity := 'warning'; finding := 'few rows'; subject := described;
		what := format('%s rows for %s features: others would give other clusters', least, cardinality(features));
		remedy := format('SELECT k, stability FROM segment.choose_k(%L, %L);', described, features);
		RETURN NEXT;
	END IF;
END
$$;
COMMENT ON FUNCTION segment.lint_features(regclass, text[], text, text, text) IS
	'what segment.lint finds in the features of a relation, for a scaling (NULL: not known yet), or of some rows of it, as they can stand after FROM in SQL; to be called through segment.lint';

CREATE FUNCTION segment.lint_model(of bigint, by_value text, search_path text)
	RETURNS TABLE (severity text, finding text, subject text, what text, remedy text)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	m segment.model;
	p record;
	disagreement float8;
	choose text;
BEGIN
	SELECT * INTO STRICT m FROM segment.model WHERE id = of;
	choose := format('SELECT k, votes, voters FROM segment.choose_k(%L, %L, scale => %L);', m.source, m.features, m.scale);
	FOR p IN SELECT s.persona || CASE WHEN lint_model.by_value IS NULL AND s.by_value IS NOT NULL THEN format(' (%s %s)', m.by_column, s.by_value) ELSE '' END AS persona, s.share
		FROM segment.personas AS s
		WHERE s.model = m.model AND s.owner = m.owner::text AND (lint_model.by_value IS NULL OR s.by_value = lint_model.by_value)
	LOOP
		IF p.share > 0.6 THEN
			severity := 'warning'; finding := 'large segment'; subject := p.persona;
			what := format('%s %% of the customers are in it: it says little about each', round(100 * p.share::numeric));
			remedy := choose;
			RETURN NEXT;
		ELSIF p.share < 0.01 THEN
			severity := 'info'; finding := 'small segment'; subject := p.persona;
			what := format('%s %% of the customers are in it: outliers, or too many clusters', round(100 * p.share::numeric, 2));
			remedy := choose;
			RETURN NEXT;
		END IF;
	END LOOP;
	IF lint_model.by_value IS NULL THEN
		SELECT s.disagreement INTO disagreement FROM segment.models AS s WHERE s.model = m.model AND s.owner = m.owner::text AND s.active;
	ELSE
		SELECT (v.clustering::jsonb ->> 'disagreement')::float8 INTO disagreement FROM segment.version AS v WHERE v.model_id = m.id AND v.active AND v.by_value = lint_model.by_value;
	END IF;
	IF disagreement > 0.1 THEN
		severity := 'warning'; finding := 'scored otherwise'; subject := m.model;
		what := format('%s %% of the fitted rows lie nearer to the centroid of another cluster, and are scored there', round(100 * disagreement::numeric, 1));
		remedy := format('SELECT * FROM segment.fit(%L, %L, features => %L, k => %s, scale => %L);', m.model || ' by kmeans', m.source, m.features, coalesce(m.k::text, 'NULL'), m.scale);
		RETURN NEXT;
	END IF;
	FOR p IN SELECT h.subject, h.reason FROM segment.health_in(m.model, NULL, 0.25, 0.1, 0.05, search_path, lint_model.by_value) AS h
		WHERE h.retrain AND h.reason IS NOT NULL
			AND CASE WHEN m.by_column IS NOT NULL AND lint_model.by_value IS NULL THEN h.metric = 'overall' AND h.by_value IS NULL ELSE h.metric <> 'overall' END
	LOOP
		severity := 'warning'; finding := 'no longer true'; subject := p.subject;
		what := p.reason;
		remedy := format('SELECT * FROM segment.refit(%L);', m.model);
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION segment.lint_model(bigint, text, text) IS
	'what segment.lint finds in the clusters of a model, or of one of its groups by its text; to be called through segment.lint';

CREATE FUNCTION segment.lint_in(source regclass, features text[], model text, search_path text, by_value text DEFAULT NULL)
	RETURNS TABLE (severity text, finding text, subject text, what text, remedy text)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	of bigint;
	m segment.model;
	missing text[];
	categories text[];
BEGIN
	IF model IS NOT NULL THEN
		of := segment.readable_model_id(model);
		SELECT * INTO STRICT m FROM segment.model WHERE id = of;
		source := coalesce(source, to_regclass(m.source));
		features := coalesce(features, m.features);
		IF source IS NULL THEN
			RETURN QUERY VALUES ('error', 'source is gone', m.source, 'the relation that the model was fitted on is not there', format('SELECT segment.drop(%L);', model));
			RETURN;
		END IF;
		SELECT array_agg(f.name) INTO missing FROM unnest(features) AS f(name) WHERE f.name NOT IN (SELECT n.name FROM segment.numeric_columns(source) AS n);
		IF missing IS NOT NULL THEN
			RETURN QUERY SELECT 'error', 'feature is gone', f.name, format('%s has no column of numbers of that name', segment.qualified_name(source)),
				format('SELECT segment.drop(%L, cascade => true);', model) FROM unnest(missing) AS f(name);
			RETURN;
		END IF;
	END IF;
	PERFORM segment.check_source(source);
	IF features IS NULL THEN
		SELECT array_agg(n.name ORDER BY n."position") INTO features FROM segment.numeric_columns(source) AS n
			WHERE n.name <> ALL (coalesce(segment.primary_key(source), '{}'));
		IF features IS NULL THEN
			RETURN QUERY VALUES ('error', 'no features', segment.qualified_name(source), 'it has no numeric column but its key',
				format('SELECT segment.encode(''encoded'', %L);', segment.qualified_name(source)));
			RETURN;
		END IF;
		SELECT array_agg(c.name ORDER BY c."position") INTO categories FROM segment.category_columns(source) AS c
			WHERE c.name <> ALL (coalesce(segment.primary_key(source), '{}'));
	ELSE
		PERFORM segment.check_features(source, features);
	END IF;

	RETURN QUERY
		SELECT l.* FROM (
			SELECT * FROM segment.lint_features(source, features, m.scale, search_path,
				CASE WHEN by_value IS NOT NULL THEN segment.rows_of_group(source, m.by_column, by_value) END)
			UNION ALL
			SELECT 'info', 'category', d.column_name, format('it has %s values, and takes no part unless it is encoded', d.distinct_values),
				format('SELECT segment.encode(''encoded'', %L, %L);', segment.qualified_name(source), features || d.column_name)
				FROM segment.describe_columns(source, categories, search_path) AS d WHERE d.distinct_values BETWEEN 2 AND 50 AND categories IS NOT NULL
			UNION ALL
			SELECT * FROM segment.lint_model(of, by_value, search_path) WHERE of IS NOT NULL) AS l
		ORDER BY array_position('{error,warning,info}'::text[], l.severity), l.finding COLLATE "C", l.subject COLLATE "C";
END
$$;
COMMENT ON FUNCTION segment.lint_in(regclass, text[], text, text, text) IS
	'segment.lint with the caller''s search_path; to be called through segment.lint. by_value: the group, by its text, that it is about; NULL: all rows';

CREATE FUNCTION segment.lint(source regclass DEFAULT NULL, features text[] DEFAULT NULL, model text DEFAULT NULL)
	RETURNS TABLE (severity text, finding text, subject text, what text, remedy text)
	LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
	SELECT l.severity, l.finding, l.subject, l.what, l.remedy FROM segment.lint_in(source, features, model, current_setting('search_path')) AS l;
END;
COMMENT ON FUNCTION segment.lint(regclass, text[], text) IS
	'what is wrong with the features of a table, view, materialized view, partitioned or foreign table, or with a model on it: severity (error, warning, info), the finding, the column or persona it is about, what is wrong, and a statement that helps; no row: nothing found. '
	'features: NULL for those of the model, or for every numeric column but the primary key. model: its scaling counts, its source is taken where "source" is NULL, and its segments are looked at, those of all groups if it is by groups. Errors stand first. '
	'Findings: empty, no rows, source is gone, feature is gone (errors); missing values (5 % of the rows or more), constant, binary (two values), identifier (whole numbers, none twice, nearly consecutive), skewed (|skewness| 2 or more, unless scale is log), outliers (ten times the interquartile range beyond a quartile, unless robust), '
	'dominates unscaled (more than 90 % of the variance, unless scaled), correlated (|r| 0.95 or more), few rows (fewer than ten per feature), category (of 2 to 50 values, where no features are given), large segment (more than 60 %), small segment (less than 1 %), scored otherwise (hclust, more than 10 %), no longer true (by segment.health). '
	'Up to three scans of the source, one or two more for segment.health. Errors: no source and no model, or an unknown source (42P01), column (42703), model (42704); a feature that is not a number (42804)';
