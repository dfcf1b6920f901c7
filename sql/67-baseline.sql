-- The baseline of a version: what the rows of the fit look like to it, so that later ones can be compared with them.

CREATE FUNCTION segment.bin_edges(s @extschema@.cluster_sketch) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'segment_bin_edges' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION segment.bin_edges(@extschema@.cluster_sketch) IS
	'bins for each feature of the rows of a sketch, a matrix of features by 10: the nine deciles (the least value that i tenths of all do not exceed), and before them the least value again if it is the first decile, otherwise -Infinity. '
	'Bin 0 is below the first edge, bin 1 from there to the second, bin i above edge i to edge i + 1, each with its upper edge, and bin 10 above the last. NULL for a sketch of no rows';

CREATE FUNCTION segment.tally_add(float8[], m @extschema@.clustering, edges float8[], features float8[]) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'segment_tally_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.tally_add(float8[], @extschema@.clustering, float8[], float8[]) IS 'Transition function of segment.tally.';
CREATE FUNCTION segment.tally_combine(float8[], float8[]) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'segment_tally_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.tally_combine(float8[], float8[]) IS 'Combine function of segment.tally.';
CREATE AGGREGATE segment.tally(m @extschema@.clustering, edges float8[], features float8[]) (
	SFUNC = segment.tally_add, STYPE = float8[], COMBINEFUNC = segment.tally_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.tally(@extschema@.clustering, float8[], float8[]) IS
	'what rows look like to a clustering, given bins as by segment.bin_edges: the number k of clusters, the rows with no cluster (a feature is NULL, NaN or infinite), those of each cluster, and of these, those farther from the centroid than the radius; '
	'then for each feature 14 numbers: rows in which it is no number, the sum of the others times 2^-64 and what that has lost to rounding, and those in each of the bins 0 to 10. NULL for no rows. O(clusters * features) a row. '
	'Errors: bins or rows that do not have the features of the clustering (22023, 2202E), a NULL argument (22004)';

CREATE FUNCTION segment.tally_rows(tally float8[]) RETURNS TABLE (number int, rows float8, outside float8)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT NULL::int, tally[2], 0::float8
	UNION ALL
	SELECT c, tally[3 + c], tally[3 + tally[1]::int + c] FROM generate_series(0, tally[1]::int - 1) AS c;
END;
COMMENT ON FUNCTION segment.tally_rows(float8[]) IS
	'of a tally the rows of each cluster and, of these, those outside its radius; first, with number NULL, those that have no cluster';

CREATE FUNCTION segment.tally_bins(tally float8[]) RETURNS TABLE (feature int, mean float8, bins float8[])
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT f.feature,
		(tally[f.at + 1] + tally[f.at + 2]) / nullif((SELECT sum(n) FROM unnest(tally[f.at + 3 : f.at + 13]) AS n), 0) * 2::float8 ^ 64,
		tally[f.at : f.at] || tally[f.at + 3 : f.at + 13]
	FROM (
		SELECT i + 1 AS feature, 3 + 2 * tally[1]::int + 14 * i AS at
		FROM generate_series(0, (cardinality(tally) - 2 - 2 * tally[1]::int) / 14 - 1) AS i) AS f;
END;
COMMENT ON FUNCTION segment.tally_bins(float8[]) IS
	'of a tally for each feature (counted from 1) the mean of its numbers, NULL if there is none, and how many rows are in each bin: those without a number first, then bins 0 to 10';

CREATE FUNCTION segment.tally_of(clustering @extschema@.clustering, edges float8[], source regclass, features text[], search_path text)
	RETURNS float8[]
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	row_array text;
	tally float8[];
BEGIN
	SELECT format('ARRAY[%s]', string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position")) INTO row_array
		FROM unnest(features) WITH ORDINALITY AS f(name, "position");
	PERFORM set_config('search_path', tally_of.search_path, true);
	EXECUTE pg_catalog.format('SELECT segment.tally($1, $2, %s) FROM %s AS s', row_array, segment.qualified_name(source)) INTO tally
		USING clustering, edges;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	RETURN tally;
END
$$;
COMMENT ON FUNCTION segment.tally_of(@extschema@.clustering, float8[], regclass, text[], text) IS
	'segment.tally of the rows of the relation, read once with that search_path; NULL if there are none';

CREATE FUNCTION segment.baseline(clustering @extschema@.clustering, source regclass, features text[], search_path text,
		OUT edges float8[], OUT tally float8[])
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	row_array text;
BEGIN
	SELECT format('ARRAY[%s]', string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position")) INTO row_array
		FROM unnest(features) WITH ORDINALITY AS f(name, "position");
	PERFORM set_config('search_path', baseline.search_path, true);
	BEGIN
		EXECUTE pg_catalog.format('SELECT segment.bin_edges(@extschema@.cluster_sketch(%s)) FROM %s AS s',
			row_array, segment.qualified_name(source)) INTO edges;
	EXCEPTION WHEN numeric_value_out_of_range THEN
		-- too large for cells: so few rows that they need none
		EXECUTE pg_catalog.format('SELECT segment.bin_edges(@extschema@.cluster_sketch(%s)) FROM (SELECT * FROM %s AS s LIMIT 64) AS s',
			row_array, segment.qualified_name(source)) INTO edges;
	END;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	IF edges IS NOT NULL THEN
		tally := segment.tally_of(clustering, edges, source, features, baseline.search_path);
	END IF;
END
$$;
COMMENT ON FUNCTION segment.baseline(@extschema@.clustering, regclass, text[], text) IS
	'bins of about a tenth of the rows of the relation each (of a sketch of them, which tells deciles up to the width of its cells), and the tally of these rows, by two scans with that search_path; of 64 of them where numbers are too large for cells, and NULL if these have none';

CREATE FUNCTION segment.psi_terms(expected float8[], actual float8[]) RETURNS float8[]
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT array_agg(CASE WHEN s.e = s.a THEN 0 ELSE (s.a - s.e) * ln(s.a / s.e) END ORDER BY s.bin)
	FROM (
		SELECT b.bin,
			CASE WHEN b.e = 0 AND b.a = 0 THEN 1 ELSE greatest(b.e / t.e, 0.0001, 0.5 / t.e) END AS e,
			CASE WHEN b.e = 0 AND b.a = 0 THEN 1 ELSE greatest(b.a / t.a, 0.0001, 0.5 / t.a) END AS a
		FROM unnest(expected, actual) WITH ORDINALITY AS b(e, a, bin)
		CROSS JOIN (SELECT sum(u.e) AS e, sum(u.a) AS a FROM unnest(expected, actual) AS u(e, a)) AS t) AS s;
END;
COMMENT ON FUNCTION segment.psi_terms(float8[], float8[]) IS
	'what each bin adds to the population stability index of two lists of counts: (a - e) ln(a / e) for shares e expected and a actual. A share below 0.0001, or half a row where that is more, counts as that much; a bin that is empty in both adds nothing. Neither list may be empty as a whole';

CREATE FUNCTION segment.psi(expected float8[], actual float8[]) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT sum(t) FROM unnest(segment.psi_terms(expected, actual)) AS t;
END;
COMMENT ON FUNCTION segment.psi(float8[], float8[]) IS
	'population stability index of two lists of counts, bin by bin: 0 if the shares are the same; see segment.psi_terms';

-- The index of two samples of n and m rows of one population is nearly (1/n + 1/m) times a chi-square of as many degrees of
-- freedom as there are bins, less 1 (Yurdakul, Naranjo 2020, doi:10.21314/JRMV.2020.227), whose quantile is that of Wilson and
-- Hilferty 1931, doi:10.1073/pnas.17.12.684.
CREATE FUNCTION segment.psi_by_chance(expected float8[], actual float8[]) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN b.df = 0 THEN 0
		ELSE (1 / b.e + 1 / b.a) * b.df * (1 - 2 / (9 * b.df) + 3.09 * sqrt(2 / (9 * b.df))) ^ 3 END
	FROM (
		SELECT sum(u.e) AS e, sum(u.a) AS a, (count(*) FILTER (WHERE u.e > 0 OR u.a > 0) - 1)::float8 AS df
		FROM unnest(expected, actual) AS u(e, a)) AS b;
END;
COMMENT ON FUNCTION segment.psi_by_chance(float8[], float8[]) IS
	'what the population stability index of samples of these sizes from one population, by these bins, exceeds once in a thousand times';
