
-- Clusters by density, as window functions: hdbscan_label, hdbscan_outlier

-- @each-arity
CREATE FUNCTION hdbscan_label(min_cluster_size integer, @PARAMS@) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_hdbscan_label_columns' LANGUAGE C WINDOW IMMUTABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION hdbscan_label(integer, @TYPES@) IS
'HDBSCAN*: the cluster, 0 and up, of each row of the window partition by @N@ numeric column(s), unscaled, or -1 for noise. Clusters may be of any density and shape; their number comes from the data. min_cluster_size, 2 or more, is the least number of rows that make a cluster, and is read from the first row. Clusters are numbered by their means, ascending. The frame and ORDER BY of the window do not matter. NULL for a row with a NULL, NaN or infinite feature. min_samples and scaling: hdbscan_label(ARRAY[...], min_cluster_size, min_samples => ...).';
-- @end

CREATE FUNCTION hdbscan_label(features double precision[], min_cluster_size integer, min_samples integer DEFAULT NULL,
							  scale text DEFAULT 'none')
	RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_hdbscan_label_array' LANGUAGE C WINDOW IMMUTABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION hdbscan_label(double precision[], integer, integer, text) IS
'HDBSCAN* of the rows of the window partition by an array of features, of one length in all rows: the clusters with the greatest excess of mass, or -1 for noise. min_samples: a row''s core distance reaches so many rows, itself and equal ones counted, as in scikit-learn; NULL is min_cluster_size. scale: none, zscore, minmax, robust or log. The whole is never a cluster: rows without two clusters among them, such as a single heap or all equal ones, are noise, and so are all if there are fewer than min_cluster_size or min_samples. Exact; merges at equal distances are one event, so a row that is linked to two clusters at the distance at which these part is in neither, and the order of storage does not matter. O(n (log n + m log m)) time in few dimensions for n rows and m min_samples, at worst O(n^2 log n); some hundred bytes a row, and above segment.max_memory it is refused (SQLSTATE 54000). Campello, Moulavi, Sander 2013, doi:10.1007/978-3-642-37456-2_14.';

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
