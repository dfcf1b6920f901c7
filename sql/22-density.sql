-- Clusters by density, as window functions: dbscan_label, hdbscan_label, hdbscan_outlier; segment.dbscan_suggest_eps

-- @each-arity
CREATE FUNCTION dbscan_label(eps double precision, min_points integer, @PARAMS@) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_dbscan_label_columns' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION dbscan_label(double precision, integer, @TYPES@) IS
'DBSCAN: the cluster, 0 and up, of each row of the window partition by @N@ numeric column(s), unscaled, or -1 for noise. A row is dense if min_points rows, itself counted, are no farther from it than eps; dense rows no farther than that from each other are in one cluster, any other row within eps of a dense one goes to the nearest, and the rest is noise. Clusters are numbered by their means, ascending. The frame and ORDER BY of the window do not matter. NULL for a row with a NULL, NaN or infinite feature. eps (0 or more, infinite as well) and min_points (1 or more) are the same for all rows of the partition. Scaling, and more about it: dbscan_label(ARRAY[...], eps, min_points, scale => ...).';
-- @end

CREATE FUNCTION dbscan_label(features double precision[], eps double precision, min_points integer, scale text DEFAULT 'none')
	RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_dbscan_label_array' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION dbscan_label(double precision[], double precision, integer, text) IS
'DBSCAN of the rows of the window partition by an array of features, of one length in all rows: a cluster, 0 and up, or -1 for noise. scale: none, zscore, minmax, robust or log; eps is a distance in the scaled space. Exact in any number of features: distances are compared as float8 gives them, and one of just eps is within. A row that is not dense itself goes to the nearest dense one within eps, of equally near ones the first by value, so the same rows get the same labels in whatever order they are stored. With eps 0 only equal rows are near, with an infinite eps all rows; with min_points above the number of rows all are noise. Linear memory, two hundred bytes a row or so; above segment.max_memory it is refused (SQLSTATE 54000). Other errors: NULL (22004), a negative or NaN eps, min_points below 1, an unknown scale, options that differ within a partition (22023), arrays of different length (2202E). A grid up to three features, O(rows) after sorting; above, or for min_points above 1,000, a kd-tree, O(rows * log rows) for a few features. Ester, Kriegel, Sander, Xu, KDD 1996; Schubert et al. 2017, doi:10.1145/3068335; Gan, Tao 2015, doi:10.1145/2723372.2737792.';

-- @each-arity
CREATE FUNCTION hdbscan_label(min_cluster_size integer, @PARAMS@) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_hdbscan_label_columns' LANGUAGE C WINDOW IMMUTABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION hdbscan_label(integer, @TYPES@) IS
'HDBSCAN*: the cluster, 0 and up, of each row of the window partition by @N@ numeric column(s), unscaled, or -1 for noise. Clusters may be of any density and shape; their number comes from the data. min_cluster_size, 2 or more, is the least number of rows that make a cluster, the same for all rows of the partition. Clusters are numbered by their means, ascending. The frame and ORDER BY of the window do not matter. NULL for a row with a NULL, NaN or infinite feature. min_samples and scaling: hdbscan_label(ARRAY[...], min_cluster_size, min_samples => ...).';
-- @end

CREATE FUNCTION hdbscan_label(features double precision[], min_cluster_size integer, min_samples integer DEFAULT NULL,
							  scale text DEFAULT 'none')
	RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_hdbscan_label_array' LANGUAGE C WINDOW IMMUTABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION hdbscan_label(double precision[], integer, integer, text) IS
'HDBSCAN* of the rows of the window partition by an array of features, of one length in all rows: the clusters with the greatest excess of mass, or -1 for noise. min_samples: a row''s core distance reaches so many rows, itself and equal ones counted, as in scikit-learn; NULL is min_cluster_size. scale: none, zscore, minmax, robust or log. The whole is never a cluster: rows without two clusters among them, such as a single heap or all equal ones, are noise, and so are all if there are fewer than min_cluster_size or min_samples. Exact; of merges at equal distances the nearer rows come first, then the lower ones, so a row that is linked to two clusters at the distance at which these part goes with the nearer, and the order of storage does not matter. O(n (log n + m)) time in few dimensions for n rows and m min_samples, at worst O(n^2 log n); some hundred bytes a row, and above segment.max_memory it is refused (SQLSTATE 54000). Campello, Moulavi, Sander 2013, doi:10.1007/978-3-642-37456-2_14.';

-- @each-arity
CREATE FUNCTION hdbscan_outlier(min_cluster_size integer, @PARAMS@) RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_hdbscan_outlier_columns' LANGUAGE C WINDOW IMMUTABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION hdbscan_outlier(integer, @TYPES@) IS
'The outlier score (GLOSH), 0 to 1, of each row of the window partition by @N@ numeric column(s), unscaled: how much thinner than the densest rows of its cluster the place is at which it leaves the cluster in the tree of hdbscan_label, selected or not. Otherwise like hdbscan_label.';
-- @end

CREATE FUNCTION hdbscan_outlier(features double precision[], min_cluster_size integer, min_samples integer DEFAULT NULL,
								scale text DEFAULT 'none')
	RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_hdbscan_outlier_array' LANGUAGE C WINDOW IMMUTABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION hdbscan_outlier(double precision[], integer, integer, text) IS
'The outlier score (GLOSH) of each row of the window partition by an array of features: 1 - l / h, where h is the height at which the row leaves its cluster in the tree of hdbscan_label, and l the least at which any row of that cluster does. 0: as dense as any; near 1: far thinner. It compares with the surrounding cluster, so a row at the edge of a dense cluster may score higher than one in the middle of a thin one. Where min_samples equal rows make l 0, all other rows that leave this cluster have 1. With fewer rows than min_cluster_size or min_samples, 0. Options, errors and costs as of hdbscan_label. Campello, Moulavi, Zimek, Sander 2015, doi:10.1145/2733381.';

-- A distance for dbscan_label

CREATE FUNCTION segment.dbscan_eps_add(internal, features double precision[], min_points integer, scale text) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_dbscan_eps_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.dbscan_eps_add(internal, double precision[], integer, text) IS
'Transition function of segment.dbscan_eps.';
CREATE FUNCTION segment.dbscan_eps_final(internal) RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_dbscan_eps_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.dbscan_eps_final(internal) IS 'Final function of segment.dbscan_eps.';
CREATE AGGREGATE segment.dbscan_eps(features double precision[], min_points integer, scale text) (
	SFUNC = segment.dbscan_eps_add, STYPE = internal, SSPACE = 16384, FINALFUNC = segment.dbscan_eps_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.dbscan_eps(double precision[], integer, text) IS
'What segment.dbscan_suggest_eps suggests for the rows, held in memory. The options are read from the first row.';

CREATE FUNCTION segment.suggest_eps(source regclass, features text[], min_points int, scale text, search_path text) RETURNS float8
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	row_array text;
	eps float8;
BEGIN
	PERFORM segment.check_source(source);
	IF features IS NULL THEN
		RAISE EXCEPTION 'features must not be NULL'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Write features => ''{a,b}'': the columns that dbscan_label will be given.';
	END IF;
	PERFORM segment.check_features(source, features);
	SELECT format('ARRAY[%s]', string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position")) INTO row_array
		FROM unnest(features) WITH ORDINALITY AS f(name, "position");
	-- The functions that a view calls may need the caller's search_path; the query itself writes every name out.
	PERFORM set_config('search_path', suggest_eps.search_path, true);
	EXECUTE pg_catalog.format('SELECT segment.dbscan_eps(%s, $1, $2) FROM %s AS s', row_array, segment.qualified_name(source))
		INTO eps USING min_points, scale;
	RETURN eps;
END
$$;
COMMENT ON FUNCTION segment.suggest_eps(regclass, text[], int, text, text) IS
	'segment.dbscan_suggest_eps with the caller''s search_path as the last argument; to be called through it';

CREATE FUNCTION segment.dbscan_suggest_eps(source regclass, features text[], min_points int, scale text DEFAULT 'none') RETURNS float8
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT segment.suggest_eps(source, features, min_points, scale, current_setting('search_path'));
END;
COMMENT ON FUNCTION segment.dbscan_suggest_eps(regclass, text[], int, text) IS
	'an eps for dbscan_label of the features of a table, view, materialized view, partitioned or foreign table, with that min_points (itself counted) and scale (none, zscore, minmax, robust or log): a distance in the scaled space. '
	'It is the knee of the curve of the distances to the min_points-th nearest row, those that are not 0, in ascending order: the point farthest below the chord between its ends (Kneedle without smoothing; Satopaa et al. 2011, doi:10.1109/ICDCSW.2011.20). '
	'All rows are read and held in memory; the curve is that of at most 16,384 of them, evenly spaced in the order of their values, fewer (4,000,000 / min_points, 16 at least) for a large min_points. A suggestion: rows far from all others draw the knee towards them. '
	'NULL when no row has a number in every feature. Rows with NULL, NaN or infinity take no part; a NOTICE counts them. Reads the source as the caller, with the caller''s search_path. '
	'Errors: unknown source (42P01) or column (42703); a feature that is not a number (42804); a NULL argument (22004); min_points below 1 or above the rows, an unknown scale (22023); more memory than segment.max_memory (54000)';
