
-- The tree of a hierarchical clustering, as a value

CREATE TYPE dendrogram;

CREATE FUNCTION segment.dendrogram_in(cstring) RETURNS dendrogram
	AS 'MODULE_PATHNAME', 'segment_dendrogram_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.dendrogram_in(cstring) IS
'Text input of dendrogram: the binary form in base64, every byte checked (SQLSTATE 22P02, 22P03).';
CREATE FUNCTION segment.dendrogram_out(dendrogram) RETURNS cstring
	AS 'MODULE_PATHNAME', 'segment_dendrogram_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.dendrogram_out(dendrogram) IS 'Text output of dendrogram.';
CREATE FUNCTION segment.dendrogram_recv(internal) RETURNS dendrogram
	AS 'MODULE_PATHNAME', 'segment_dendrogram_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.dendrogram_recv(internal) IS
'Binary input of dendrogram, every byte checked (SQLSTATE 22P03).';
CREATE FUNCTION segment.dendrogram_send(dendrogram) RETURNS bytea
	AS 'MODULE_PATHNAME', 'segment_dendrogram_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.dendrogram_send(dendrogram) IS 'Binary output of dendrogram, the same on every machine.';

CREATE TYPE dendrogram (
	INPUT = segment.dendrogram_in,
	OUTPUT = segment.dendrogram_out,
	RECEIVE = segment.dendrogram_recv,
	SEND = segment.dendrogram_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE dendrogram IS
'The tree of a hierarchical clustering: leaves, which are distinct rows or the cells of a sketch with the number of rows they stand for, and merges with their heights, distances by the linkage in the fitted space. Made by hclust(...), read by dendrogram_cut, dendrogram_leaves and dendrogram_merges. A function of the rows alone: their order changes no byte.';

CREATE FUNCTION segment.hclust_add(internal, features double precision[], linkage text) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_hclust_add' LANGUAGE C IMMUTABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION segment.hclust_add(internal, double precision[], text) IS 'Transition function of hclust.';
CREATE FUNCTION segment.hclust_final(internal) RETURNS dendrogram
	AS 'MODULE_PATHNAME', 'segment_hclust_final' LANGUAGE C IMMUTABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION segment.hclust_final(internal) IS 'Final function of hclust.';
CREATE AGGREGATE hclust(features double precision[], linkage text) (
	SFUNC = segment.hclust_add, STYPE = internal, SSPACE = 16384, FINALFUNC = segment.hclust_final,
	PARALLEL = RESTRICTED
);
COMMENT ON AGGREGATE hclust(double precision[], text) IS
'The tree over the rows, by linkage ward (Ward.D2 of R), single, complete, average, weighted, centroid, median or average_squared. Its leaves are the distinct rows, ascending; equal rows are one leaf that counts them. Exact; equal distances are broken by the values of the rows, so their order does not matter. ward, single and average_squared take linear memory (some hundred bytes a row) and close to linear time in few dimensions, with parallel workers where there are many rows; the others 4 bytes times the square of the distinct rows. Above segment.max_memory it is refused (SQLSTATE 54000). The linkage is read from the first row. Ward 1963, doi:10.1080/01621459.1963.10500845; Murtagh 1983, doi:10.1093/comjnl/26.4.354; Lance, Williams 1967, doi:10.1093/comjnl/9.4.373.';

CREATE FUNCTION hclust(s cluster_sketch, linkage text DEFAULT 'ward', scale text DEFAULT 'none') RETURNS dendrogram
	AS 'MODULE_PATHNAME', 'segment_hclust_sketch' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION hclust(cluster_sketch, text, text) IS
'The tree over the entries of a sketch, each with the rows it stands for: the rows themselves while the sketch is lossless, else its cells at their means. Otherwise like the aggregate hclust. NULL for a sketch without rows.';

CREATE FUNCTION dendrogram_cut(t dendrogram, k integer) RETURNS integer[]
	AS 'MODULE_PATHNAME', 'segment_dendrogram_cut_at_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION dendrogram_cut(dendrogram, integer) IS
'The clusters, numbered from 0 by their centroids, of the leaves in their order, when merging has left k clusters; as many as leaves if k is greater. O(leaves).';
CREATE FUNCTION dendrogram_cut(t dendrogram, k bigint) RETURNS integer[]
	AS 'MODULE_PATHNAME', 'segment_dendrogram_cut_at_bigint' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION dendrogram_cut(dendrogram, bigint) IS
'The same for a k that is a bigint, such as a count(*).';
CREATE FUNCTION dendrogram_cut(t dendrogram, height double precision) RETURNS integer[]
	AS 'MODULE_PATHNAME', 'segment_dendrogram_cut_at_height' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION dendrogram_cut(dendrogram, double precision) IS
'The clusters, numbered from 0 by their centroids, of the leaves in their order, when all merges at or below a height are done; with inversions, when the merge and all within it are. O(leaves).';

CREATE FUNCTION dendrogram_leaves(t dendrogram, OUT leaf integer, OUT features double precision[], OUT weight bigint)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_dendrogram_leaves' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000;
COMMENT ON FUNCTION dendrogram_leaves(dendrogram) IS
'The leaves, counted from 1, with their features in input units and the number of rows that each stands for; in the order of dendrogram_cut.';

CREATE FUNCTION dendrogram_merges(t dendrogram, OUT step integer, OUT left_id integer, OUT right_id integer,
								  OUT height double precision, OUT size bigint)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_dendrogram_merges' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000;
COMMENT ON FUNCTION dendrogram_merges(dendrogram) IS
'The merges from the lowest up, as in R''s hclust: left_id and right_id are what merges, a leaf as its number with a minus, the result of an earlier step as the number of that step; height is the distance of the two by the linkage; size the rows of the result.';

CREATE FUNCTION dendrogram_cophenetic(t dendrogram) RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_dendrogram_cophenetic' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION dendrogram_cophenetic(dendrogram) IS
'The cophenetic correlation: of the distances of all pairs of rows with the heights at which they meet; near 1 where the tree tells the distances well, NULL where either does not vary, or a height is beyond float8. O(leaves squared * features) time: for large tables, of a tree over a sketch. Sokal, Rohlf 1962, doi:10.2307/1217208.';

CREATE FUNCTION dendrogram_suggest_k(t dendrogram) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_dendrogram_suggest_k' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION dendrogram_suggest_k(dendrogram) IS
'The number of clusters, 2 to 20, before the largest relative gap: where the height of the next merge is the greatest multiple of that of the last one; 1 if no merge is above another.';

CREATE FUNCTION dendrogram_inversions(t dendrogram) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_dendrogram_inversions' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION dendrogram_inversions(dendrogram) IS
'How many merges lie below one of the merges that made their clusters: 0 but for centroid and median linkage.';
