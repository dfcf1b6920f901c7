-- segment.describe: what the columns of a relation hold, in one scan.

CREATE TYPE segment.distribution AS (
	rows bigint, not_finite bigint, distinct_values bigint, distinct_error float8, mean float8, sd float8,
	min float8, q1 float8, median float8, q3 float8, max float8, quartile_error float8, skew float8, kurtosis float8, histogram text);
COMMENT ON TYPE segment.distribution IS
	'the distribution of a column of numbers: the columns of segment.describe; rows are those that are not NULL';

CREATE FUNCTION segment.distribution_add(internal, x float8, size int) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_distribution_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION segment.distribution_add(internal, float8, int) IS 'transition function of segment.distribution_of';
CREATE FUNCTION segment.distribution_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_distribution_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.distribution_combine(internal, internal) IS 'combine function of segment.distribution_of';
CREATE FUNCTION segment.distribution_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'segment_distribution_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.distribution_serialize(internal) IS 'the state of segment.distribution_of for another process of the server';
CREATE FUNCTION segment.distribution_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_distribution_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.distribution_deserialize(bytea, internal) IS 'the state of segment.distribution_of from another process of the server';
CREATE FUNCTION segment.distribution_final(internal) RETURNS segment.distribution
	AS 'MODULE_PATHNAME', 'segment_distribution_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.distribution_final(internal) IS 'final function of segment.distribution_of';
CREATE AGGREGATE segment.distribution_of(x float8, size int) (
	SFUNC = segment.distribution_add, STYPE = internal, SSPACE = 1000000, COMBINEFUNC = segment.distribution_combine,
	SERIALFUNC = segment.distribution_serialize, DESERIALFUNC = segment.distribution_deserialize,
	FINALFUNC = segment.distribution_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.distribution_of(float8, int) IS
	'the distribution of a column: moments by exact sums; quartiles, distinct values and histogram by a sketch of up to "size" entries (256 at least, SQLSTATE 22023), exact while the different values fit. Neither the order of the rows nor parallel workers change a bit. 22 kB, and 144 bytes for each entry of the sketch';

CREATE TYPE segment.value_count AS (rows bigint, distinct_values bigint, distinct_error float8);
COMMENT ON TYPE segment.value_count IS 'how many values of a column are not NULL, and how many of them differ (NULL: the type has no hash)';

CREATE FUNCTION segment.values_add(internal, value anyelement) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_values_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION segment.values_add(internal, anyelement) IS 'transition function of segment.values_of';
CREATE FUNCTION segment.values_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_values_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.values_combine(internal, internal) IS 'combine function of segment.values_of';
CREATE FUNCTION segment.values_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'segment_values_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.values_serialize(internal) IS 'the state of segment.values_of for another process of the server';
CREATE FUNCTION segment.values_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_values_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.values_deserialize(bytea, internal) IS 'the state of segment.values_of from another process of the server';
CREATE FUNCTION segment.values_final(internal) RETURNS segment.value_count
	AS 'MODULE_PATHNAME', 'segment_values_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.values_final(internal) IS 'final function of segment.values_of';
CREATE AGGREGATE segment.values_of(value anyelement) (
	SFUNC = segment.values_add, STYPE = internal, SSPACE = 300000, COMBINEFUNC = segment.values_combine,
	SERIALFUNC = segment.values_serialize, DESERIALFUNC = segment.values_deserialize,
	FINALFUNC = segment.values_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.values_of(anyelement) IS
	'how many values differ: counted by 64 bits of their hashes up to 65,536, and estimated beyond, by HyperLogLog, arXiv:1702.01284. At most 2 MB';

CREATE FUNCTION segment.described_columns(source regclass, columns text[])
	RETURNS TABLE (name text, type text, is_number boolean, lowest text, highest text, "position" bigint)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
	SELECT b.name, format_type(a.atttypid, a.atttypmod), n.name IS NOT NULL,
		CASE WHEN n.name IS NOT NULL THEN NULL
			WHEN b.type = 'bool'::regtype THEN format('pg_catalog.bool_and(s.%I)::text', b.name)
			WHEN o.ordered THEN format('pg_catalog.min(s.%I)::text', b.name) END,
		CASE WHEN n.name IS NOT NULL THEN NULL
			WHEN b.type = 'bool'::regtype THEN format('pg_catalog.bool_or(s.%I)::text', b.name)
			WHEN o.ordered THEN format('pg_catalog.max(s.%I)::text', b.name) END,
		row_number() OVER (ORDER BY coalesce(array_position(columns, b.name), b."position"))
	FROM segment.base_columns(source) AS b
	JOIN pg_attribute AS a ON a.attrelid = source AND a.attnum = b."position"
	JOIN pg_type AS t ON t.oid = b.type
	LEFT JOIN segment.numeric_columns(source) AS n ON n.name = b.name
	CROSS JOIN LATERAL (SELECT t.typtype = 'e' OR b.type = 'varchar'::regtype OR EXISTS (
		SELECT FROM pg_proc AS p WHERE p.proname = 'min' AND p.pronamespace = 'pg_catalog'::regnamespace AND p.pronargs = 1 AND p.proargtypes[0] = b.type
	) AS ordered) AS o
	WHERE columns IS NULL OR b.name = ANY (columns);
END;
COMMENT ON FUNCTION segment.described_columns(regclass, text[]) IS
	'columns of a relation, all or those listed, with the SQL, over a row s, of their least and largest value as text; NULL for numbers and for types without';

CREATE FUNCTION segment.describe_columns(source regclass, columns text[], search_path text, part text DEFAULT NULL)
	RETURNS TABLE (column_name text, type text, rows bigint, nulls bigint, not_finite bigint, distinct_values bigint, mean float8, sd float8,
		min float8, q1 float8, median float8, q3 float8, max float8, skew float8, kurtosis float8, lowest text, highest text, histogram text,
		distinct_error float8, quartile_error float8, estimate text)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 20
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	query text;
	all_rows bigint;
	numbers segment.distribution[];
	others segment.value_count[];
	lowest_values text[];
	highest_values text[];
BEGIN
	PERFORM segment.check_source(source);
	IF columns IS NOT NULL THEN
		PERFORM segment.check_columns(source, columns, 'columns');
	END IF;
	-- The sketches have 75 MB in common, unless there are more than 2,048 columns.
	SELECT format('SELECT pg_catalog.count(*), ARRAY[%s]::segment.distribution[], ARRAY[%s]::segment.value_count[], ARRAY[%s]::text[], ARRAY[%s]::text[] FROM %s AS s',
			string_agg(format('segment.distribution_of(s.%I::pg_catalog.float8, %s)', c.name,
				greatest(256, least(16384, 524288 / greatest(1, (SELECT count(*) FROM segment.described_columns(source, columns) AS m WHERE m.is_number)))::int)), ', ' ORDER BY c."position")
				FILTER (WHERE c.is_number),
			string_agg(format('segment.values_of(s.%I)', c.name), ', ' ORDER BY c."position") FILTER (WHERE NOT c.is_number),
			string_agg(coalesce(c.lowest, 'NULL'), ', ' ORDER BY c."position") FILTER (WHERE NOT c.is_number),
			string_agg(coalesce(c.highest, 'NULL'), ', ' ORDER BY c."position") FILTER (WHERE NOT c.is_number),
			coalesce(part, segment.qualified_name(source)))
		INTO query FROM segment.described_columns(source, columns) AS c;
	-- The functions that a view calls may need the caller's search_path; the query itself writes every name out.
	PERFORM set_config('search_path', describe_columns.search_path, true);
	EXECUTE query INTO all_rows, numbers, others, lowest_values, highest_values;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

	RETURN QUERY
		WITH described AS (
			SELECT c.name, c.type, c.is_number, c."position", row_number() OVER (PARTITION BY c.is_number ORDER BY c."position") AS number
			FROM segment.described_columns(source, columns) AS c
		)
		SELECT d.name, d.type, all_rows, all_rows - coalesce((n.d).rows, (o.v).rows, 0), CASE WHEN d.is_number THEN coalesce((n.d).not_finite, 0) END,
			CASE WHEN all_rows = 0 THEN 0 ELSE coalesce((n.d).distinct_values, (o.v).distinct_values) END, (n.d).mean, (n.d).sd, (n.d).min, (n.d).q1, (n.d).median, (n.d).q3, (n.d).max,
			(n.d).skew, (n.d).kurtosis, o.lowest, o.highest, (n.d).histogram, e.distinct_error, (n.d).quartile_error,
			nullif(concat_ws(', ', CASE WHEN (n.d).quartile_error > 0 THEN 'quartiles within ' || to_char(1.05 * (n.d).quartile_error, '9.9EEEE')::float8::text END,
				CASE WHEN e.distinct_error > 0 THEN 'distinct values within ' || e.distinct_error::bigint::text END), '')
		FROM described AS d
		LEFT JOIN LATERAL (SELECT numbers[d.number] AS d WHERE d.is_number) AS n ON true
		LEFT JOIN LATERAL (SELECT others[d.number] AS v, left(lowest_values[d.number], 60) AS lowest, left(highest_values[d.number], 60) AS highest
			WHERE NOT d.is_number) AS o ON true
		CROSS JOIN LATERAL (SELECT CASE WHEN all_rows = 0 THEN 0 ELSE coalesce((n.d).distinct_error, (o.v).distinct_error) END AS distinct_error) AS e
		ORDER BY d."position";
END
$$;
COMMENT ON FUNCTION segment.describe_columns(regclass, text[], text, text) IS
	'segment.describe with the caller''s search_path; to be called through segment.describe. part: which rows of the relation, as they can stand after FROM in SQL; NULL: all';

CREATE FUNCTION segment.describe(source regclass, columns text[] DEFAULT NULL)
	RETURNS TABLE (column_name text, type text, rows bigint, nulls bigint, not_finite bigint, distinct_values bigint, mean float8, sd float8,
		min float8, q1 float8, median float8, q3 float8, max float8, skew float8, kurtosis float8, lowest text, highest text, histogram text,
		distinct_error float8, quartile_error float8, estimate text)
	LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 20
BEGIN ATOMIC
	SELECT d.column_name, d.type, d.rows, d.nulls, d.not_finite, d.distinct_values, d.mean, d.sd, d.min, d.q1, d.median, d.q3, d.max,
		d.skew, d.kurtosis, d.lowest, d.highest, d.histogram, d.distinct_error, d.quartile_error, d.estimate
	FROM segment.describe_columns(source, columns, current_setting('search_path')) AS d;
END;
COMMENT ON FUNCTION segment.describe(regclass, text[]) IS
	'what the columns of a table, view, materialized view, partitioned or foreign table hold, a row for each, in the order of the relation or of "columns" (NULL: all). '
	'rows: of the relation; nulls; not_finite: NaN and infinite values, which are counted apart and take no part in what follows; distinct_values. '
	'Of numbers: mean and sd (of the sample: the divisor is n - 1); min, max and the quartiles, interpolated as by percentile_cont (type 7 of R); skew and kurtosis as pandas gives them (Fisher''s G1 and G2, adjusted for the size of the sample; a normal distribution has 0 and 0), NULL for constants or fewer than 3 or 4 values; '
	'histogram: 20 intervals of equal length from min to max, the tallest of full height, a blank for none. These are of the values as double precision: 53 bits. Of other types: lowest and highest value as text, up to 60 characters. '
	'Mean, sd, skew and kurtosis are exact, rounded at the end. Quartiles, distinct values and histogram are exact up to 16,384 different values of a column of numbers (with more than 32 such columns, 524,288 over how many they are), and 65,536 of another type; beyond, estimate says which are estimates, quartile_error bounds the distance of any quartile from the true one, by the cells of a sketch, '
	'and distinct_error is four standard deviations of HyperLogLog, which one column in 15,000 exceeds; both are 0 where values are exact. Reads the source once, as the caller, with the caller''s search_path; neither the order of the rows nor parallel workers change a bit. '
	'Errors: unknown source (42P01) or column (42703), no list of columns (22023), one named twice (42701), a NULL in it (22004); a number beyond double precision (22003)';
