-- segment.correlations: how the features of a relation go together, in one scan.

CREATE FUNCTION segment.correlations_add(internal, size int, VARIADIC columns "any") RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_correlations_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION segment.correlations_add(internal, int, "any") IS 'transition function of segment.correlations_of';
CREATE FUNCTION segment.correlations_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_correlations_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.correlations_combine(internal, internal) IS 'combine function of segment.correlations_of';
CREATE FUNCTION segment.correlations_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'segment_correlations_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.correlations_serialize(internal) IS 'the state of segment.correlations_of for another process of the server';
CREATE FUNCTION segment.correlations_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_correlations_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.correlations_deserialize(bytea, internal) IS 'the state of segment.correlations_of from another process of the server';
CREATE FUNCTION segment.correlations_final(internal) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'segment_correlations_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.correlations_final(internal) IS 'final function of segment.correlations_of';
CREATE AGGREGATE segment.correlations_of(size int, VARIADIC columns "any") (
	SFUNC = segment.correlations_add, STYPE = internal, SSPACE = 1000000, COMBINEFUNC = segment.correlations_combine,
	SERIALFUNC = segment.correlations_serialize, DESERIALFUNC = segment.correlations_deserialize,
	FINALFUNC = segment.correlations_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.correlations_of(int, "any") IS
	'a line for each pair of columns of type double precision, (1, 2), (1, 3) and so on: rows in which both are finite, r, p, log10 p and the bound of r''s error. size 0: Pearson''s r by exact sums; otherwise Spearman''s by sketches of up to "size" entries (256 at least, SQLSTATE 22023), exact while the different pairs of values fit. '
	'Neither the order of the rows nor parallel workers change a bit. Errors: columns of another type (42804); more memory than segment.max_memory (54000)';

CREATE FUNCTION segment.correlations_between(source regclass, features text[], method text, search_path text, part text DEFAULT NULL)
	RETURNS TABLE (a text, b text, r float8, p float8, log10_p float8, n bigint, error float8)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 20
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	query text;
	pairs int;
	figures float8[];
BEGIN
	PERFORM segment.check_source(source);
	IF method = 'kendall' THEN
		RAISE EXCEPTION 'Kendall''s tau is not among the methods'
			USING ERRCODE = 'feature_not_supported', HINT = 'Spearman''s correlation is of ranks, too: method => ''spearman''.';
	ELSIF method IS NULL OR method NOT IN ('pearson', 'spearman') THEN
		RAISE EXCEPTION 'unknown method %', coalesce('"' || method || '"', 'NULL')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Methods are pearson, spearman.';
	END IF;
	IF features IS NULL THEN
		SELECT array_agg(c.name ORDER BY c."position") INTO features FROM segment.numeric_columns(source) AS c;
	ELSE
		PERFORM segment.check_features(source, features);
	END IF;
	IF coalesce(cardinality(features), 0) < 2 THEN
		RAISE EXCEPTION 'a correlation is between two columns'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Name two numeric columns at least: features => ''{a,b}''.';
	ELSIF cardinality(features) > 98 THEN
		RAISE EXCEPTION '% columns are too many to correlate at once', cardinality(features)
			USING ERRCODE = 'program_limit_exceeded', HINT = 'Name up to 98 of them: features => ''{a,b}''.';
	END IF;
	pairs := cardinality(features) * (cardinality(features) - 1) / 2;
	SELECT format('SELECT segment.correlations_of(%s, %s) FROM %s AS s',
			CASE method WHEN 'pearson' THEN 0 ELSE greatest(256, least(16384, 98304 / pairs)) END,
			string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position"), coalesce(part, segment.qualified_name(source)))
		INTO query FROM unnest(features) WITH ORDINALITY AS f(name, "position");
	-- The functions that a view calls may need the caller's search_path; the query itself writes every name out.
	PERFORM set_config('search_path', correlations_between.search_path, true);
	EXECUTE query INTO figures;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

	RETURN QUERY
		SELECT x.a, x.b, figures[x.pair][2], figures[x.pair][3], figures[x.pair][4], coalesce(figures[x.pair][1], 0)::bigint, figures[x.pair][5]
		FROM (SELECT i.name AS a, j.name AS b, row_number() OVER (ORDER BY i."position", j."position")::int AS pair
			FROM unnest(features) WITH ORDINALITY AS i(name, "position") JOIN unnest(features) WITH ORDINALITY AS j(name, "position") ON i."position" < j."position") AS x
		ORDER BY x.pair;
END
$$;
COMMENT ON FUNCTION segment.correlations_between(regclass, text[], text, text, text) IS
	'segment.correlations with the caller''s search_path; to be called through segment.correlations. part: which rows of the relation, as they can stand after FROM in SQL; NULL: all';

CREATE FUNCTION segment.correlations(source regclass, features text[] DEFAULT NULL, method text DEFAULT 'pearson')
	RETURNS TABLE (a text, b text, r float8, p float8, log10_p float8, n bigint, error float8)
	LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 20
BEGIN ATOMIC
	SELECT c.a, c.b, c.r, c.p, c.log10_p, c.n, c.error
	FROM segment.correlations_between(source, features, method, current_setting('search_path')) AS c;
END;
COMMENT ON FUNCTION segment.correlations(regclass, text[], text) IS
	'the correlation r of each pair of numeric columns of a table, view, materialized view, partitioned or foreign table, of all or of the listed features (98 at most), as double precision. '
	'method: pearson, of the values; spearman, of their ranks, equal values sharing the mean of theirs. n: rows in which both columns are finite numbers, whatever the others hold (pairwise complete rows). '
	'p: two-sided, of no correlation, by Student''s t with n - 2 degrees of freedom, for spearman too; log10_p: its common logarithm, also where p is too small for a double, -Infinity where r is 1 or -1. r is NULL where a side is constant or n < 2, p where n < 3. '
	'error: r is no farther from that of the rows: 0 for pearson, whose sums are exact, and for spearman up to 16,384 different pairs of values (with more than 4 features, 98,304 over the number of pairs, 256 at least); beyond, spearman is an estimate by cells of a sketch, with a proven bound. '
	'Reads the source once, as the caller, with the caller''s search_path; neither the order of the rows nor parallel workers change a bit. O(rows * features^2). '
	'Errors: unknown source (42P01) or feature (42703); a feature that is not a number (42804); fewer than two, or an unknown method (22023); method kendall (0A000); more than 98 features, or more memory than segment.max_memory (54000); a number beyond double precision (22003)';
