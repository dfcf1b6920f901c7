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

CREATE FUNCTION segment.tally_of_sketch(m @extschema@.clustering, edges float8[], s @extschema@.cluster_sketch) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'segment_tally_of_sketch' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION segment.tally_of_sketch(@extschema@.clustering, float8[], @extschema@.cluster_sketch) IS
	'segment.tally of the rows of which the sketch is, but for the last digit of the sums; NULL if it does not have them all: it is not lossless, or has skipped rows. O(entries * clusters * features). '
	'Errors: bins or a sketch that do not have the features of the clustering (22023, 2202E)';

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

CREATE FUNCTION segment.tally_of(clustering @extschema@.clustering, edges float8[], source text, features text[], search_path text)
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
	EXECUTE pg_catalog.format('SELECT segment.tally($1, $2, %s) FROM %s AS s', row_array, source) INTO tally
		USING clustering, edges;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	RETURN tally;
END
$$;
COMMENT ON FUNCTION segment.tally_of(@extschema@.clustering, float8[], text, text[], text) IS
	'segment.tally of rows, given as they can stand after FROM in SQL (see segment.rows_of_group), read once with that search_path; NULL if there are none';

-- The planner cannot know that the rows fall into few groups, and would sort them all, together with their clustering.
CREATE FUNCTION segment.tally_groups(source regclass, by text, features text[], by_values text[], clusterings @extschema@.clustering[], edges text[],
		search_path text)
	RETURNS TABLE ("position" bigint, by_value text, rows bigint, usable bigint, tally float8[])
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 100
	SET search_path = pg_catalog, pg_temp SET enable_sort = off
AS $$
DECLARE
	usual_memory CONSTANT text := current_setting('work_mem');
	row_array text;
	memory bigint;
BEGIN
	SELECT format('ARRAY[%s]', string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position")) INTO row_array
		FROM unnest(features) WITH ORDINALITY AS f(name, "position");
	-- a group's clustering, edges and tally, with room: what hashes of them may take
	SELECT least(sum(2 * pg_column_size(c.clustering) + 400 * (1 + cardinality(features))), segment.memory_limit()) INTO memory
		FROM unnest(clusterings) AS c(clustering);
	PERFORM set_config('work_mem', greatest(memory, pg_size_bytes(usual_memory)) / 1024 || 'kB', true);
	PERFORM set_config('search_path', tally_groups.search_path, true);
	RETURN QUERY EXECUTE pg_catalog.format(
		'SELECT g."position", %3$s, pg_catalog.count(*), '
		'pg_catalog.count(*) FILTER (WHERE g."position" IS NULL AND pg_catalog.array_position(%1$s, NULL) IS NULL '
		'AND NOT %1$s OPERATOR(pg_catalog.&&) ''{NaN,Infinity,-Infinity}''), '
		'segment.tally(g.clustering, g.edges, %1$s) FILTER (WHERE g."position" IS NOT NULL) '
		'FROM %2$s AS s LEFT JOIN (SELECT u.by_value, u.clustering, u.edges::pg_catalog.float8[] AS edges, u."position" '
		'FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3)) WITH ORDINALITY AS u(by_value, clustering, edges, "position") OFFSET 0) AS g '
		'ON %4$s GROUP BY s.%5$I, g."position"', row_array, segment.qualified_name(source), segment.group_text(source, by),
		segment.by_condition(source, by, 'g.by_value'), by) USING by_values, clusterings, edges;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	PERFORM set_config('work_mem', usual_memory, true);
END
$$;
COMMENT ON FUNCTION segment.tally_groups(regclass, text, text[], text[], @extschema@.clustering[], text[], text) IS
	'segment.tally of each group of the rows of the relation, read once with that search_path, by the clusterings and bins (as text) of these groups: a row per value of the column, with the position of the group in the lists, from 1; '
	'of other values, and of NULL, position and tally are NULL, and usable tells how many of the rows have a number in every feature. Memory: clustering, bins and tally of all groups, about 1 kB and 300 bytes a feature each, in every worker, as long as that is no more than segment.max_memory; beyond, on disk';

CREATE FUNCTION segment.sketch_size(dimensions int) RETURNS int
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT i.size FROM @extschema@.cluster_sketch_info((
		SELECT @extschema@.cluster_sketch(array_fill(0::float8, ARRAY[dimensions])))) AS i;
END;
COMMENT ON FUNCTION segment.sketch_size(int) IS 'entries of a sketch of default size: so many distinct rows it keeps as they are';

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
		EXECUTE pg_catalog.format('SELECT b.edges, segment.tally_of_sketch($1, b.edges, b.sketch) FROM (SELECT segment.bin_edges(r.sketch) AS edges, r.sketch '
			'FROM (SELECT @extschema@.cluster_sketch(%s) AS sketch FROM %s AS s OFFSET 0) AS r OFFSET 0) AS b',
			row_array, segment.qualified_name(source)) INTO edges, tally USING clustering;
	EXCEPTION WHEN numeric_value_out_of_range THEN
		-- too large for cells: so few rows that they need none
		EXECUTE pg_catalog.format('SELECT segment.bin_edges(@extschema@.cluster_sketch(r.features)) '
			'FROM (SELECT %1$s AS features FROM %2$s AS s ORDER BY pg_catalog.hash_array_extended(%1$s, 0) LIMIT $1) AS r',
			row_array, segment.qualified_name(source)) INTO edges USING segment.sketch_size(cardinality(features));
	END;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	IF edges IS NOT NULL AND tally IS NULL THEN
		tally := segment.tally_of(clustering, edges, segment.qualified_name(source), features, baseline.search_path);
	END IF;
END
$$;
COMMENT ON FUNCTION segment.baseline(@extschema@.clustering, regclass, text[], text) IS
	'bins of about a tenth of the rows of the relation each (of a sketch of them, which tells deciles up to the width of its cells), and the tally of these rows, by two scans with that search_path, or one if the sketch has them all; where numbers are too large for cells, of as many of them as need none, chosen by a hash. NULL if these have no number in every feature';

CREATE FUNCTION segment.baselines(source regclass, by text, features text[], by_values text[], clusterings @extschema@.clustering[], edges text[],
		tallies text[], search_path text)
	RETURNS TABLE ("position" bigint, bin_edges float8[], tally float8[])
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 100
	-- one group at a time is held; bins are handed on as text, in all their digits
	SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 SET enable_hashagg = off
AS $$
DECLARE
	source_name CONSTANT text := segment.qualified_name(source);
	condition CONSTANT text := segment.by_condition(source, by, 'g.by_value');
	query CONSTANT text := 'SELECT pg_catalog.array_agg(f.by_value), pg_catalog.array_agg(f.edges) FROM ('
		'SELECT r.by_value, segment.bin_edges(@extschema@.cluster_sketch(r.features))::pg_catalog.text AS edges '
		'FROM (SELECT g.by_value, %1$s AS features, %4$s AS number FROM pg_catalog.unnest($1) AS g(by_value) JOIN %2$s AS s ON %3$s) AS r '
		'WHERE r.number OPERATOR(pg_catalog.<=) $2 GROUP BY r.by_value) AS f';
	row_array text;
	lacking text[];
	untallied bigint[];
	found_values text[];
	found_edges text[];
BEGIN
	IF by IS NULL THEN
		RETURN QUERY SELECT 1::bigint, b.edges, b.tally FROM segment.baseline(clusterings[1], source, features, search_path) AS b;
		RETURN;
	END IF;
	SELECT array_agg(g.by_value) INTO lacking FROM unnest(by_values, edges) AS g(by_value, edges) WHERE g.edges IS NULL;
	IF lacking IS NOT NULL THEN
		SELECT format('ARRAY[%s]', string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position")) INTO row_array
			FROM unnest(features) WITH ORDINALITY AS f(name, "position");
		PERFORM set_config('search_path', baselines.search_path, true);
		BEGIN
			EXECUTE pg_catalog.format(query, row_array, source_name, condition, 1) INTO found_values, found_edges USING lacking, 1;
		EXCEPTION WHEN numeric_value_out_of_range THEN
			-- as in segment.baseline()
			EXECUTE pg_catalog.format(query, row_array, source_name, condition,
				pg_catalog.format('pg_catalog.row_number() OVER (PARTITION BY g.by_value ORDER BY pg_catalog.hash_array_extended(%s, 0))', row_array))
				INTO found_values, found_edges USING lacking, segment.sketch_size(pg_catalog.cardinality(features));
		END;
		PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
		SELECT array_agg(coalesce(g.edges, f.edges) ORDER BY g."position") INTO edges
			FROM unnest(by_values, edges) WITH ORDINALITY AS g(by_value, edges, "position")
			LEFT JOIN unnest(found_values, found_edges) AS f(by_value, edges) ON f.by_value = g.by_value;
	END IF;
	RETURN QUERY
		SELECT g."position", g.edges::float8[], g.tally::float8[]
		FROM unnest(edges, tallies) WITH ORDINALITY AS g(edges, tally, "position") WHERE g.tally IS NOT NULL;
	SELECT array_agg(g."position" ORDER BY g."position"), array_agg(g.by_value ORDER BY g."position"),
			array_agg(g.clustering ORDER BY g."position"), array_agg(g.edges ORDER BY g."position")
		INTO untallied, by_values, clusterings, edges
		FROM unnest(by_values, clusterings, edges, tallies) WITH ORDINALITY AS g(by_value, clustering, edges, tally, "position")
		WHERE g.tally IS NULL;
	IF untallied IS NOT NULL THEN
		RETURN QUERY
			SELECT untallied[t."position"], e.edges::float8[], t.tally
			FROM segment.tally_groups(source, by, features, by_values, clusterings, edges, search_path) AS t
			JOIN unnest(edges) WITH ORDINALITY AS e(edges, "position") ON e."position" = t."position";
	END IF;
END
$$;
COMMENT ON FUNCTION segment.baselines(regclass, text, text[], text[], @extschema@.clustering[], text[], text[], text) IS
	'segment.baseline() of each of these groups of rows, with its position in the lists, from 1: the same as of its rows alone, by one scan for all whose tally is not given, and another and a sort for those whose bins are not. edges, tallies: what is known of them, as text. by NULL: there is one, of all rows';

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
