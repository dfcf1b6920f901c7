-- segment.choose_k: how many clusters, by seven indices and their votes; and for segment.fit, where k is NULL.

CREATE FUNCTION segment.choose_k_of_sketch(s @extschema@.cluster_sketch, k_min int, k_max int, scale text, seed bigint)
	RETURNS TABLE (k int, inertia float8, silhouette float8, calinski_harabasz float8, davies_bouldin float8, gap float8, gap_se float8,
		bic float8, stability float8, votes int, voters text[], chosen boolean, verdict text)
	AS 'MODULE_PATHNAME', 'segment_choose_k_of_sketch' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 9;
COMMENT ON FUNCTION segment.choose_k_of_sketch(@extschema@.cluster_sketch, int, int, text, bigint) IS
	'what segment.choose_k finds for the rows that a sketch stands for; nothing for a sketch that is NULL or has no rows. Errors as there';

CREATE FUNCTION segment.sketch_of_rows(rows text, source text, features text[], search_path text) RETURNS @extschema@.cluster_sketch
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	row_array text;
	seen record;
	has_rows boolean;
BEGIN
	SELECT format('ARRAY[%s]', string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position")) INTO row_array
		FROM unnest(features) WITH ORDINALITY AS f(name, "position");
	-- The functions that a view calls may need the caller's search_path; the query itself writes every name out.
	PERFORM set_config('search_path', sketch_of_rows.search_path, true);
	seen := segment.sketches_of(row_array, rows, 0);
	IF seen.sketch IS NULL THEN
		EXECUTE pg_catalog.format('SELECT EXISTS (SELECT FROM %s AS s)', rows) INTO has_rows;
	END IF;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

	IF seen.sketch IS NULL AND has_rows THEN
		RAISE EXCEPTION 'features of % have values above 4e12, and more distinct rows than a sketch keeps', source
			USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Make these values smaller in a view, such as thousands of units, or choose k yourself.';
	ELSIF seen.sketch IS NULL THEN
		RAISE EXCEPTION '% has no rows', source
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Fill it first.';
	ELSIF seen.row_count = 0 THEN
		RAISE EXCEPTION 'no row of % has a number in every feature', source
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Rows with NULL, NaN or infinity take no part: leave out features that are empty, or fill them in a view.';
	END IF;
	RETURN coalesce(seen.framed, seen.sketch);
END
$$;
COMMENT ON FUNCTION segment.sketch_of_rows(text, text, text[], text) IS
	'the sketch of rows, as they can stand after FROM in SQL, by these features, read with that search_path: lossless, or in a frame that suits the rows. source: what errors call it. Errors: no rows, or none with a number in every feature (55000); values too large (22003)';

CREATE FUNCTION segment.sketch_of_source(source regclass, features text[], search_path text) RETURNS @extschema@.cluster_sketch
	LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT segment.sketch_of_rows(segment.qualified_name(source), segment.qualified_name(source), features, search_path);
END;
COMMENT ON FUNCTION segment.sketch_of_source(regclass, text[], text) IS
	'the same of the rows of a relation';

CREATE FUNCTION segment.choose_k_of_source(source regclass, features text[], k_min int, k_max int, scale text, seed bigint, search_path text)
	RETURNS TABLE (k int, inertia float8, silhouette float8, calinski_harabasz float8, davies_bouldin float8, gap float8, gap_se float8,
		bic float8, stability float8, votes int, voters text[], chosen boolean, verdict text)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 9
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM segment.check_source(source);
	IF features IS NULL THEN
		SELECT array_agg(n.name ORDER BY n."position") INTO features
			FROM segment.numeric_columns(source) AS n WHERE n.name <> ALL (coalesce(segment.primary_key(source), '{}'));
		IF features IS NULL THEN
			RAISE EXCEPTION '% has no numeric column but its key', segment.qualified_name(source)
				USING ERRCODE = 'undefined_column', HINT = 'Make numbers of its columns in a view, and choose k for the view.';
		END IF;
	ELSE
		PERFORM segment.check_features(source, features);
	END IF;
	PERFORM segment.choose_k_of_sketch(NULL, k_min, k_max, scale, seed);	-- checks these
	RETURN QUERY SELECT * FROM segment.choose_k_of_sketch(
		segment.sketch_of_source(source, features, choose_k_of_source.search_path), k_min, k_max, scale, seed);
END
$$;
COMMENT ON FUNCTION segment.choose_k_of_source(regclass, text[], int, int, text, bigint, text) IS
	'segment.choose_k with the caller''s search_path as the last argument; to be called through it';

CREATE FUNCTION segment.choose_k(
		source regclass,
		features text[] DEFAULT NULL,
		k_min int DEFAULT 2,
		k_max int DEFAULT 10,
		scale text DEFAULT 'zscore',
		seed bigint DEFAULT 0)
	RETURNS TABLE (k int, inertia float8, silhouette float8, calinski_harabasz float8, davies_bouldin float8, gap float8, gap_se float8,
		bic float8, stability float8, votes int, voters text[], chosen boolean, verdict text)
	LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 9
BEGIN ATOMIC
	SELECT c.k, c.inertia, c.silhouette, c.calinski_harabasz, c.davies_bouldin, c.gap, c.gap_se, c.bic, c.stability, c.votes, c.voters,
		c.chosen, c.verdict
	FROM segment.choose_k_of_source(source, features, k_min, k_max, scale, seed, current_setting('search_path')) AS c;
END;
COMMENT ON FUNCTION segment.choose_k(regclass, text[], int, int, text, bigint) IS
	'how many clusters k-means should make of the rows of a table or view: a row for each k from k_min to k_max (no more than there are distinct rows), seven indices of it, and their votes. '
	'features: numeric columns; NULL: all but the primary key. scale: as in segment.fit; all indices are those of the scaled space. seed: of the random starts, reference sets and resamples. '
	'inertia: votes for the elbow, the k farthest below the chord from (1, inertia) to (k_max, inertia). '
	'silhouette: mean over the rows; the largest. calinski_harabasz: the largest. davies_bouldin: the smallest. '
	'gap: against 20 reference sets, uniform in a box along the principal axes, gap_se its standard error; the least k with gap(k) >= gap(k + 1) - gap_se(k + 1), else k_max. '
	'bic: of k spherical Gaussians of one variance, p log n - 2 log L as in cluster_fit_stats; the smallest. '
	'stability: how much of the least stable cluster comes again in 20 resamples of the rows, a mean Jaccard similarity, 0 to 1; the largest k with 0.85 or more, else the most stable. '
	'Ties of an index go to the lower k. votes counts them, voters names the indices, chosen is true for the k with most votes, of several for the one with the largest silhouette, then the lowest; there verdict says in a sentence who votes for what, and whether one cluster would do. '
	'NULL: not defined, as most are for k = 1 (which only gap and bic can vote for) and for as many clusters as rows; infinite where all clusters are single points. '
	'A function of the rows and the seed, whatever their order; the seed moves gap and stability, and with them a vote where k are close. '
	'Reads the table by one scan into a sketch (its first rows before, for the units; a second time only where these have misled), in bounded memory; all the rest is computed from its entries. While the distinct rows fit the sketch all is exact; beyond, a NOTICE says so, and indices are estimates from its cells. '
	'Resamples and reference sets have 2,048 rows at most, which bounds the work: of more rows the gap is lower by some k * features / 2048 and has the standard error of such a set, which speaks for fewer clusters, and stability asks whether clusters come again from so many rows. '
	'O(entries^2 * features) for each silhouette, and some 40 k-means of 2,048 rows for each k. '
	'Rows with NULL, NaN or infinity in a feature take no part; a NOTICE counts them. Reads the source as the caller, with the caller''s search_path. '
	'Errors: unknown source (42P01) or column (42703), a feature that is not a number (42804), k_min below 1 or above k_max, an unknown scale (22023), NULL for an option (22004), no usable row (55000), more memory than segment.max_memory (54000), values above 4e12 that a sketch cannot keep (22003). '
	'Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7; Calinski, Harabasz 1974, doi:10.1080/03610927408827101; Davies, Bouldin 1979, doi:10.1109/TPAMI.1979.4766909; Tibshirani, Walther, Hastie 2001, doi:10.1111/1467-9868.00293; Pelleg, Moore 2000 (X-means, ICML); Hennig 2007, doi:10.1016/j.csda.2006.11.025';

CREATE FUNCTION segment.chosen_k(source regclass, features text[], method text, scale text, seed bigint, options jsonb, search_path text)
	RETURNS int
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	sketch CONSTANT @extschema@.cluster_sketch := segment.sketch_of_source(source, features, search_path);
	k int;
	sentence text;
BEGIN
	CASE method
		WHEN 'kmeans' THEN
			SELECT c.k, c.verdict INTO k, sentence FROM segment.choose_k_of_sketch(sketch, 2, 10, scale, seed) AS c WHERE c.chosen;
		WHEN 'gmm' THEN
			SELECT g.clusters, format('k = %s has the lowest BIC', g.clusters) INTO k, sentence
				FROM (
					SELECT max(f.value) FILTER (WHERE f.name = 'clusters')::int AS clusters, max(f.value) FILTER (WHERE f.name = 'bic') AS bic
					FROM generate_series(2, 10) AS n(k)
					CROSS JOIN LATERAL @extschema@.gmm(sketch, n.k, coalesce(options ->> 'covariance', 'full'), scale, seed,
						coalesce((options ->> 'n_init')::int, 0), coalesce((options ->> 'max_iter')::int, 2000)) AS m
					CROSS JOIN LATERAL @extschema@.cluster_fit_stats(m) AS f
					GROUP BY n.k) AS g
				ORDER BY g.bic, g.clusters LIMIT 1;
		WHEN 'hclust' THEN
			k := @extschema@.dendrogram_suggest_k(@extschema@.hclust(sketch, coalesce(options ->> 'linkage', 'ward'), scale));
			sentence := format('k = %s is where the tree has its largest relative gap in height', k);
	END CASE;
	RAISE NOTICE '%', sentence USING HINT = 'Refits keep it. segment.choose_k shows what speaks for other numbers; give k to decide yourself.';
	RETURN k;
END
$$;
COMMENT ON FUNCTION segment.chosen_k(regclass, text[], text, text, bigint, jsonb, text) IS
	'the number of clusters for segment.fit, 2 to 10, where none is given; a NOTICE says why. k-means: segment.choose_k; mixtures: the lowest BIC; trees: dendrogram_suggest_k, up to 20';
