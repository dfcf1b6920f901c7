
-- Silhouettes of labelled rows, as a window function: silhouette

-- @each-arity
CREATE FUNCTION silhouette(label integer, @PARAMS@) RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_silhouette_columns' LANGUAGE C WINDOW IMMUTABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION silhouette(integer, @TYPES@) IS
'The silhouette, -1 to 1, of each row of the window partition with its label, such as that of kmeans_label in a subquery, and @N@ numeric column(s), unscaled. Otherwise like silhouette(features, label).';
-- @end

CREATE FUNCTION silhouette(features double precision[], label integer) RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_silhouette_array' LANGUAGE C WINDOW IMMUTABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION silhouette(double precision[], integer) IS
'The silhouette, -1 to 1, of each row of the window partition by an array of features, of one length in all rows, and its label, 0 or more: (b - a) / max(a, b), where a is the mean Euclidean distance to the other rows of its cluster, and b the least mean distance to the rows of another cluster; 0 for a row that is a cluster alone, or when a and b are 0. Its avg() is the score of the labels. The frame and ORDER BY of the window do not matter. NULL for a row with a NULL or negative label (noise), or a NULL, NaN or infinite feature, which take no part and are counted by a NOTICE; and for all rows of a partition with a single cluster, which a NOTICE says. Exact up to 200,000 distinct rows of up to 8 features (with more, up to 200,000 times the root of 8 / features), in O(rows^2 * features) time at worst, less where clusters are apart, and memory linear in the rows. Beyond, an estimate by the cells of a sketch of each cluster, in O(rows * cells * features); a NOTICE says so, and gives the errors that it has in a sample of 1,024 rows, whose exact values are computed as well: the largest one, which with 95 % confidence covers all but 0.3 % of the rows, and that of the mean. Arrays of different length are an error (SQLSTATE 2202E); so is too little memory by segment.max_memory (54000). Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7.';
