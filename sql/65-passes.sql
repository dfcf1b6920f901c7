-- Clustering of a relation in passes over it: in bounded memory, with parallel workers, however large it is.

CREATE FUNCTION segment.sketch_frame(s @extschema@.cluster_sketch) RETURNS integer[]
	AS 'MODULE_PATHNAME', 'segment_sketch_frame' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.sketch_frame(@extschema@.cluster_sketch) IS
	'the frame that suits the rows of a sketch: for each feature the exponent of a unit of some 2^-16 of its standard deviation';

CREATE FUNCTION segment.kmeans_measure(m @extschema@.clustering, cluster integer[], rows @extschema@.cluster_sketch[], radius float8[])
	RETURNS @extschema@.clustering
	AS 'MODULE_PATHNAME', 'segment_kmeans_measure' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.kmeans_measure(@extschema@.clustering, integer[], @extschema@.cluster_sketch[], float8[]) IS
	'the model with the sizes, means, spreads, inertia and radii that a scan found for its centroids: by cluster a sketch of its rows with one entry, and the largest distance. NULL if a cluster has no rows. Errors: arrays that do not fit the model (22023)';

CREATE FUNCTION segment.kmeans_recentre(m @extschema@.clustering) RETURNS @extschema@.clustering
	AS 'MODULE_PATHNAME', 'segment_kmeans_recentre' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.kmeans_recentre(@extschema@.clustering) IS
	'one step of Lloyd''s iteration after a measurement: every centroid at the mean of its rows, clusters numbered anew. NULL at a fixed point, where that lowers the inertia by less than a share of 1e-9';

-- The planner cannot know that the rows fall into a few groups, and would sort them all.
CREATE FUNCTION segment.kmeans_pass(m @extschema@.clustering, features text, source text, frame integer[])
	RETURNS @extschema@.clustering
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET enable_sort = off
AS $$
DECLARE
	measured @extschema@.clustering;
BEGIN
	EXECUTE pg_catalog.format(
		'SELECT segment.kmeans_measure($1, pg_catalog.array_agg(g.c), pg_catalog.array_agg(g.s), pg_catalog.array_agg(g.r)) FROM ('
		'SELECT @extschema@.cluster_id($1, %1$s) AS c, @extschema@.cluster_sketch(%1$s, 1, $2) AS s, '
		'pg_catalog.max(@extschema@.cluster_distance($1, %1$s)) AS r FROM %2$s AS s GROUP BY 1) AS g WHERE g.c IS NOT NULL',
		features, source) INTO measured USING m, frame;
	RETURN measured;
END
$$;
COMMENT ON FUNCTION segment.kmeans_pass(@extschema@.clustering, text, text, integer[]) IS
	'one pass over a relation: the model, its centroids as they are, with what the rows nearest to each say of it (see segment.kmeans_measure); arguments as in segment.kmeans_in_passes';

CREATE FUNCTION segment.sketches_of(features text, source text, few bigint, OUT sketch @extschema@.cluster_sketch,
									OUT is_lossless boolean, OUT row_count bigint,
									OUT framed @extschema@.cluster_sketch, OUT frame integer[])
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
AS $$
DECLARE
	guess int[];
	sketch_size int;
BEGIN
	-- The frame is a function of all rows, but some of them tell it as a rule: then one scan makes both sketches.
	BEGIN
		EXECUTE pg_catalog.format('SELECT @extschema@.cluster_sketch(%s) FROM (SELECT * FROM %s AS s LIMIT 65536) AS s',
								  features, source) INTO sketch;
		SELECT i.size INTO sketch_size FROM @extschema@.cluster_sketch_info(sketch) AS i;
		guess := segment.sketch_frame(sketch);
		EXECUTE pg_catalog.format('SELECT @extschema@.cluster_sketch(%1$s), @extschema@.cluster_sketch(%1$s, $1, $2) FROM %2$s AS s',
								  features, source) INTO sketch, framed USING sketch_size, guess;
	EXCEPTION WHEN numeric_value_out_of_range THEN
		guess := NULL;
	END;
	BEGIN
		IF guess IS NULL THEN
			EXECUTE pg_catalog.format('SELECT @extschema@.cluster_sketch(%s) FROM %s AS s', features, source) INTO sketch;
		END IF;
		SELECT i.lossless, i.rows INTO is_lossless, row_count FROM @extschema@.cluster_sketch_info(sketch) AS i;
	EXCEPTION WHEN numeric_value_out_of_range THEN
		sketch := NULL;			-- too large for cells without a frame
	END;
	IF sketch IS NULL OR is_lossless OR row_count OPERATOR(pg_catalog.<=) few THEN
		framed := NULL;
		RETURN;
	END IF;
	frame := segment.sketch_frame(sketch);
	IF guess IS DISTINCT FROM frame THEN
		EXECUTE pg_catalog.format('SELECT @extschema@.cluster_sketch(%s, $1, $2) FROM %s AS s', features, source) INTO framed
			USING sketch_size, frame;
	END IF;
END
$$;
COMMENT ON FUNCTION segment.sketches_of(text, text, bigint) IS
	'the sketch of a relation, NULL where values are too large for its cells, and, when it is not lossless and there are more than "few" rows, a second one in a frame that suits the rows; arguments as in segment.kmeans_in_passes';

CREATE FUNCTION segment.kmeans_in_passes(features text, source text, k int, scale text, seed bigint, n_init int, max_iter int, passes int,
		init float8[])
	RETURNS @extschema@.clustering
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
	seen record;
	found @extschema@.clustering;
	measured @extschema@.clustering;
	moved @extschema@.clustering;
BEGIN
	-- Rows of few distinct values fit a sketch as they are; those of a middling table are held one by one.
	seen := segment.sketches_of(features, source, 300000);
	IF seen.framed IS NULL AND NOT coalesce(seen.is_lossless, false) THEN
		EXECUTE pg_catalog.format('SELECT segment.kmeans_fit(%s, $1, $2, $3, $4, $5, $6) FROM %s AS s', features, source) INTO found
			USING k, scale, seed, n_init, max_iter, init;
		RETURN found;
	END IF;
	EXECUTE 'SELECT @extschema@.kmeans($1, $2, $3, $4, $5, $6, $7)' INTO found
		USING coalesce(seen.framed, seen.sketch), k, scale, seed, coalesce(n_init, 0), coalesce(max_iter, 300), init;

	-- Under log the mean of a cluster is not the sum of its values: the model stays as the cells gave it.
	IF seen.framed IS NULL OR scale OPERATOR(pg_catalog.=) 'log' THEN
		RETURN found;
	END IF;
	FOR pass IN 1 .. coalesce(passes, 5) LOOP
		measured := segment.kmeans_pass(found, features, source, seen.frame);
		EXIT WHEN measured IS NULL;
		found := measured;
		EXIT WHEN pass OPERATOR(pg_catalog.=) coalesce(passes, 5);
		moved := segment.kmeans_recentre(measured);
		EXIT WHEN moved IS NULL;
		found := moved;
	END LOOP;
	RETURN found;
END
$$;
COMMENT ON FUNCTION segment.kmeans_in_passes(text, text, int, text, bigint, int, int, int, float8[]) IS
	'k-means of an array expression over a relation, both written in SQL by segment.cluster_source, which alone should call this, and whose search_path it keeps. While the distinct rows fit a sketch, or up to 300,000 rows, the rows themselves are clustered; beyond, the cells of a sketch, and the model is then polished by passes over the rows (at most "passes", default 5) until it is a fixed point; sizes and inertia are those of the rows. init: k centroids to start from, one after the other, in input units; NULL: starts are made from the seed. NULL when there are no usable rows';

CREATE FUNCTION segment.hclust_of_sketch(s @extschema@.cluster_sketch, k int, height float8, linkage text, scale text)
	RETURNS @extschema@.clustering
	AS 'MODULE_PATHNAME', 'segment_hclust_of_sketch' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION segment.hclust_of_sketch(@extschema@.cluster_sketch, int, float8, text, text) IS
	'the clusters of a tree over the entries of a sketch, cut at k or at a height, as a model; otherwise like segment.hclust_fit';

CREATE FUNCTION segment.hclust_in_passes(features text, source text, k int, height float8, linkage text, scale text)
	RETURNS @extschema@.clustering
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
	seen record;
	found @extschema@.clustering;
	row_count bigint;
BEGIN
	EXECUTE pg_catalog.format('SELECT pg_catalog.count(*) FROM %s AS s', source) INTO row_count;
	IF row_count OPERATOR(pg_catalog.>) 3000000 THEN
		seen := segment.sketches_of(features, source, 3000000);
		IF seen.framed IS NOT NULL OR coalesce(seen.is_lossless, false) THEN
			EXECUTE 'SELECT segment.hclust_of_sketch($1, $2, $3, $4, $5)' INTO found
				USING coalesce(seen.framed, seen.sketch), k, height, linkage, scale;
			RETURN found;
		END IF;
	END IF;
	EXECUTE pg_catalog.format('SELECT segment.hclust_fit(%s, $1, $2, $3, $4) FROM %s AS s', features, source) INTO found
		USING k, height, linkage, scale;
	RETURN found;
END
$$;
COMMENT ON FUNCTION segment.hclust_in_passes(text, text, int, float8, text, text) IS
	'hierarchical clustering of an array expression over a relation, as segment.kmeans_in_passes is k-means: of the rows, each a leaf, up to 3,000,000 of them or while the distinct ones fit a sketch; beyond, of the cells of a sketch, which a NOTICE says';

CREATE FUNCTION segment.gmm_terms(m @extschema@.clustering, features float8[]) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'segment_gmm_terms' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION segment.gmm_terms(@extschema@.clustering, float8[]) IS
	'what a row adds to log-likelihood (natural, by density in input units, -1e12 at least) and entropy of a mixture. NULL for a NULL, NaN or infinite feature. An error if the model is not a mixture (22023)';

CREATE FUNCTION segment.gmm_measure(m @extschema@.clustering, cluster integer[], rows @extschema@.cluster_sketch[], radius float8[],
									fit @extschema@.cluster_sketch[])
	RETURNS @extschema@.clustering
	AS 'MODULE_PATHNAME', 'segment_gmm_measure' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.gmm_measure(@extschema@.clustering, integer[], @extschema@.cluster_sketch[], float8[], @extschema@.cluster_sketch[]) IS
	'the mixture with the sizes, means, spreads, inertia (but under scale log), radii, likelihood and entropy that a scan found: by cluster a sketch of its rows with one entry, the largest distance, and a sketch with one entry of segment.gmm_terms. A cluster that is not given has no rows. Errors: no mixture, or arrays that do not fit it (22023)';

-- As segment.kmeans_pass. A log-density has units of 2^-22, so that -1e12 fits a cell.
CREATE FUNCTION segment.gmm_pass(m @extschema@.clustering, features text, source text, frame integer[])
	RETURNS @extschema@.clustering
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET enable_sort = off
AS $$
DECLARE
	measured @extschema@.clustering;
BEGIN
	EXECUTE pg_catalog.format(
		'SELECT segment.gmm_measure($1, pg_catalog.array_agg(g.c), pg_catalog.array_agg(g.s), pg_catalog.array_agg(g.r), pg_catalog.array_agg(g.t)) FROM ('
		'SELECT @extschema@.cluster_id($1, %1$s) AS c, @extschema@.cluster_sketch(%1$s, 1, $2) AS s, '
		'pg_catalog.max(@extschema@.cluster_distance($1, %1$s)) AS r, '
		'@extschema@.cluster_sketch(segment.gmm_terms($1, %1$s), 1, ''{-22,-40}'') AS t FROM %2$s AS s GROUP BY 1) AS g WHERE g.c IS NOT NULL',
		features, source) INTO measured USING m, frame;
	RETURN measured;
END
$$;
COMMENT ON FUNCTION segment.gmm_pass(@extschema@.clustering, text, text, integer[]) IS
	'one pass over a relation: the mixture with what the rows say of it (see segment.gmm_measure); arguments as in segment.kmeans_in_passes';

CREATE FUNCTION segment.gmm_in_passes(features text, source text, k int, covariance text, scale text, seed bigint, n_init int, max_iter int)
	RETURNS @extschema@.clustering
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
	seen record;
	found @extschema@.clustering;
BEGIN
	seen := segment.sketches_of(features, source, 300000);
	IF seen.framed IS NULL AND NOT coalesce(seen.is_lossless, false) THEN
		EXECUTE pg_catalog.format('SELECT segment.gmm_fit(%s, $1, $2, $3, $4, $5, $6) FROM %s AS s', features, source) INTO found
			USING k, covariance, scale, seed, n_init, max_iter;
		RETURN found;
	END IF;
	EXECUTE 'SELECT @extschema@.gmm($1, $2, $3, $4, $5, $6, $7)' INTO found
		USING coalesce(seen.framed, seen.sketch), k, covariance, scale, seed, coalesce(n_init, 0), coalesce(max_iter, 2000);
	IF seen.framed IS NULL THEN
		RETURN found;
	END IF;
	RETURN segment.gmm_pass(found, features, source, seen.frame);
END
$$;
COMMENT ON FUNCTION segment.gmm_in_passes(text, text, int, text, text, bigint, int, int) IS
	'a mixture of Gaussians of an array expression over a relation, as segment.kmeans_in_passes is k-means: of the rows up to 300,000 of them or while the distinct ones fit a sketch; beyond, of the cells of a sketch, and a scan then finds sizes, profile and likelihood of the rows themselves. NULL when there are no usable rows';
