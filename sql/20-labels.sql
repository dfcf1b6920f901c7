
-- Labels, as window functions: kmeans_label, hclust_label

-- @each-arity
CREATE FUNCTION kmeans_label(k integer, @PARAMS@) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_kmeans_label_columns' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION kmeans_label(integer, @TYPES@) IS
'k-means: the cluster, 0 to k - 1, of each row of the window partition by @N@ numeric column(s), unscaled. Clusters are numbered by their centroids, ascending. The frame and ORDER BY of the window do not matter. NULL for a row with a NULL, NaN or infinite feature. k is 1 or more, and the same in all rows of the partition; with fewer distinct rows than k there are fewer clusters. Errors: a k below 1 or not the same (22023), or NULL (22004). Scaling and other options: kmeans_label(ARRAY[...], k, scale => ...).';
-- @end

CREATE FUNCTION kmeans_label(features double precision[], k integer, scale text DEFAULT 'none',
							 seed bigint DEFAULT 0, n_init integer DEFAULT 0, max_iter integer DEFAULT 300)
	RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_kmeans_label_array' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION kmeans_label(double precision[], integer, text, bigint, integer, integer) IS
'k-means: the cluster, 0 to k - 1, of each row of the window partition by an array of features, of one length in all rows. scale: none, zscore, minmax, robust or log. seed: of the random starts. n_init: their number, 0 lets the size of the data decide (5 to 50). max_iter: bound on the iterations of a start. Options are the same in all rows of the partition. Errors: an option out of range, unknown or not the same, or an empty array (22023); NULL for an option (22004); arrays of different length or of more than one dimension (2202E). The same rows get the same labels in whatever order they are stored. O(rows * k * features) an iteration; greedy k-means++ (Arthur, Vassilvitskii 2007), Lloyd and Hartigan descent, breathing (Fritzke, arXiv:2006.15666), the best start kept.';

-- @each-arity
CREATE FUNCTION hclust_label(k integer, @PARAMS@) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_hclust_label_columns' LANGUAGE C WINDOW IMMUTABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION hclust_label(integer, @TYPES@) IS
'Hierarchical clustering: the cluster, 0 to k - 1, of each row of the window partition by @N@ numeric column(s), from the tree of Ward''s linkage cut at k clusters. Otherwise like kmeans_label. Other linkages, heights and scaling: hclust_label(ARRAY[...], k, linkage => ...).';
-- @end

CREATE FUNCTION hclust_label(features double precision[], k integer DEFAULT NULL, linkage text DEFAULT 'ward',
							 height double precision DEFAULT NULL, scale text DEFAULT 'none')
	RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_hclust_label_array' LANGUAGE C WINDOW IMMUTABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION hclust_label(double precision[], integer, text, double precision, text) IS
'Hierarchical clustering of the rows of the window partition by an array of features. linkage: ward (Ward.D2 of R), single, complete, average, weighted, centroid, median or average_squared (the root of the mean squared distance). The tree is cut at k clusters or at a height, a distance by the linkage in the fitted space; just one of them is given. Exact, and equal distances are broken by the values, so the order of storage does not matter. ward, single and average_squared take some hundred bytes a row, and with more than 3,000,000 distinct rows they make the tree of the cells of a sketch, which a NOTICE says; the other linkages take 4 bytes times the square of the distinct rows. Above segment.max_memory it is refused (54000). Other errors are those of kmeans_label. Ward 1963, doi:10.1080/01621459.1963.10500845; Murtagh 1983, doi:10.1093/comjnl/26.4.354; Lance, Williams 1967, doi:10.1093/comjnl/9.4.373; Muellner, arXiv:1109.2378.';
