
-- The sketch: a bounded summary made in one pass; k-means and mixtures on it

CREATE TYPE cluster_sketch;

CREATE FUNCTION segment.sketch_in(cstring) RETURNS cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_sketch_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.sketch_in(cstring) IS
'Text input of cluster_sketch: the binary form in base64, every byte checked (SQLSTATE 22P02, 22P03).';
CREATE FUNCTION segment.sketch_out(cluster_sketch) RETURNS cstring
	AS 'MODULE_PATHNAME', 'segment_sketch_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.sketch_out(cluster_sketch) IS 'Text output of cluster_sketch.';
CREATE FUNCTION segment.sketch_recv(internal) RETURNS cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_sketch_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.sketch_recv(internal) IS
'Binary input of cluster_sketch, every byte checked (SQLSTATE 22P03).';
CREATE FUNCTION segment.sketch_send(cluster_sketch) RETURNS bytea
	AS 'MODULE_PATHNAME', 'segment_sketch_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.sketch_send(cluster_sketch) IS 'Binary output of cluster_sketch, the same on every machine.';

CREATE TYPE cluster_sketch (
	INPUT = segment.sketch_in,
	OUTPUT = segment.sketch_out,
	RECEIVE = segment.sketch_recv,
	SEND = segment.sketch_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE cluster_sketch IS
'A bounded summary of rows: the rows themselves, with counts, while the distinct ones fit; then cells with count, sums and sums of squares. A function of the rows alone: their order, parallel workers and the grouping of merges change no byte. Made by cluster_sketch(...), merged by cluster_merge(s) and ||, clustered by kmeans(s, k, ...), gmm(s, k, ...) and hclust(s, ...).';

CREATE FUNCTION segment.sketch_combine(cluster_sketch, cluster_sketch) RETURNS cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_sketch_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.sketch_combine(cluster_sketch, cluster_sketch) IS
'Combine function of the sketch aggregates; an error (SQLSTATE 22023) if features, size, frame or k differ.';
CREATE FUNCTION segment.sketch_final(cluster_sketch) RETURNS cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_sketch_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.sketch_final(cluster_sketch) IS 'Final function of cluster_sketch and cluster_merge.';

-- @each-arity
CREATE FUNCTION segment.sketch_add(cluster_sketch, @PARAMS@) RETURNS cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_sketch_add_columns' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.sketch_add(cluster_sketch, @TYPES@) IS 'Transition function of cluster_sketch.';
CREATE AGGREGATE cluster_sketch(@PARAMS@) (
	SFUNC = segment.sketch_add, STYPE = cluster_sketch, SSPACE = 8192, COMBINEFUNC = segment.sketch_combine,
	FINALFUNC = segment.sketch_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_sketch(@TYPES@) IS
'A sketch of rows of @N@ numeric column(s), with up to 16,384 entries (fewer for many features). Rows with a NULL, NaN or infinite feature are counted as skipped. Cells are about as wide as a share of the value: give a frame where a feature has a large common part, such as a year. O(1) a row.';
-- @end

CREATE FUNCTION segment.sketch_add(cluster_sketch, features double precision[]) RETURNS cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_sketch_add_array' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.sketch_add(cluster_sketch, double precision[]) IS 'Transition function of cluster_sketch.';
CREATE AGGREGATE cluster_sketch(features double precision[]) (
	SFUNC = segment.sketch_add, STYPE = cluster_sketch, SSPACE = 8192, COMBINEFUNC = segment.sketch_combine,
	FINALFUNC = segment.sketch_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_sketch(double precision[]) IS
'A sketch of rows given as arrays of one length; otherwise like cluster_sketch of columns.';
CREATE FUNCTION segment.sketch_add(cluster_sketch, features double precision[], size integer) RETURNS cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_sketch_add_array' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.sketch_add(cluster_sketch, double precision[], integer) IS 'Transition function of cluster_sketch.';
CREATE AGGREGATE cluster_sketch(features double precision[], size integer) (
	SFUNC = segment.sketch_add, STYPE = cluster_sketch, SSPACE = 8192, COMBINEFUNC = segment.sketch_combine,
	FINALFUNC = segment.sketch_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_sketch(double precision[], integer) IS
'A sketch with up to "size" entries; otherwise like cluster_sketch of an array. Memory: 144 bytes an entry and feature, about, asked first (SQLSTATE 54000).';
CREATE FUNCTION segment.sketch_add(cluster_sketch, features double precision[], size integer, frame integer[]) RETURNS cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_sketch_add_array' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.sketch_add(cluster_sketch, double precision[], integer, integer[]) IS 'Transition function of cluster_sketch.';
CREATE AGGREGATE cluster_sketch(features double precision[], size integer, frame integer[]) (
	SFUNC = segment.sketch_add, STYPE = cluster_sketch, SSPACE = 8192, COMBINEFUNC = segment.sketch_combine,
	FINALFUNC = segment.sketch_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_sketch(double precision[], integer, integer[]) IS
'A sketch whose cells are equally wide, in a unit for each feature: frame holds the exponents w of the units 2^w (-1000 to 449). About 2^-16 of the standard deviation serves well. Sketches merge only with the same frame. Values of 2^62 units and more are refused once cells are needed (SQLSTATE 22003).';

CREATE AGGREGATE cluster_merge(sketch cluster_sketch) (
	SFUNC = segment.sketch_combine, STYPE = cluster_sketch, SSPACE = 8192, COMBINEFUNC = segment.sketch_combine,
	FINALFUNC = segment.sketch_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_merge(cluster_sketch) IS
'The sketch of all rows of the sketches together: what cluster_sketch gives for the rows themselves, byte for byte. An error (SQLSTATE 22023) if features, size or frame differ.';

CREATE FUNCTION segment.sketch_concat(cluster_sketch, cluster_sketch) RETURNS cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_sketch_concat' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION segment.sketch_concat(cluster_sketch, cluster_sketch) IS 'Implementation of || for cluster_sketch.';
CREATE OPERATOR || (
	LEFTARG = cluster_sketch, RIGHTARG = cluster_sketch, FUNCTION = segment.sketch_concat, COMMUTATOR = ||
);
COMMENT ON OPERATOR || (cluster_sketch, cluster_sketch) IS 'The sketch of the rows of both.';

CREATE FUNCTION cluster_sketch_info(s cluster_sketch,
									OUT rows bigint, OUT entries integer, OUT skipped bigint, OUT dimensions integer,
									OUT lossless boolean, OUT size integer, OUT bytes bigint,
									OUT error_bound double precision[])
	RETURNS record
	AS 'MODULE_PATHNAME', 'segment_sketch_info' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION cluster_sketch_info(cluster_sketch) IS
'What a sketch holds: rows, entries, rows skipped, features, whether it keeps every row as it came, the most entries, its bytes. error_bound, by feature in input units, is the root mean square distance of the rows from what stands for them: 0 when lossless; large against the standard deviation of a feature, it shows where resolution was lost.';


-- k-means on a sketch, and the aggregates that do both in one go

CREATE FUNCTION kmeans(s cluster_sketch, k integer, scale text DEFAULT 'none', seed bigint DEFAULT 0,
					   n_init integer DEFAULT 0, max_iter integer DEFAULT 300, init double precision[] DEFAULT NULL)
	RETURNS clustering
	AS 'MODULE_PATHNAME', 'segment_kmeans_sketch' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION kmeans(cluster_sketch, integer, text, bigint, integer, integer, double precision[]) IS
'k-means of the rows that a sketch stands for, with the options of kmeans_label; init gives k centroids to start from, one after the other, in input units. The squares within cells are counted in inertia and spread; cluster_fit_stats says between what the inertia of the rows themselves lies. NULL for a sketch that is NULL or has no rows. O(entries * k * features) an iteration.';

CREATE FUNCTION segment.kmeans_final(cluster_sketch) RETURNS clustering
	AS 'MODULE_PATHNAME', 'segment_kmeans_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION segment.kmeans_final(cluster_sketch) IS 'Final function of kmeans.';

-- @each-arity
CREATE FUNCTION segment.kmeans_add(cluster_sketch, k integer, @PARAMS@) RETURNS cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_kmeans_add_columns' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.kmeans_add(cluster_sketch, integer, @TYPES@) IS 'Transition function of kmeans and gmm.';
CREATE AGGREGATE kmeans(k integer, @PARAMS@) (
	SFUNC = segment.kmeans_add, STYPE = cluster_sketch, SSPACE = 8192, COMBINEFUNC = segment.sketch_combine,
	FINALFUNC = segment.kmeans_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE kmeans(integer, @TYPES@) IS
'k-means of the rows of a group by @N@ numeric column(s), unscaled: a clustering of k clusters, or fewer when fewer rows are distinct. One pass, in bounded memory: kmeans(cluster_sketch(...), k), so exact while the distinct rows fit the sketch. Rows with a NULL, NaN or infinite feature take no part; NULL when none is left. Neither the order of the rows nor parallel workers change the result.';
-- @end

CREATE FUNCTION segment.kmeans_add(cluster_sketch, k integer, features double precision[]) RETURNS cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_kmeans_add_array' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.kmeans_add(cluster_sketch, integer, double precision[]) IS 'Transition function of kmeans and gmm.';
CREATE AGGREGATE kmeans(k integer, features double precision[]) (
	SFUNC = segment.kmeans_add, STYPE = cluster_sketch, SSPACE = 8192, COMBINEFUNC = segment.sketch_combine,
	FINALFUNC = segment.kmeans_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE kmeans(integer, double precision[]) IS
'k-means of the rows of a group by an array of features, of one length in all rows; otherwise like kmeans of columns.';

-- Gaussian mixtures likewise; up to the final function, the aggregates are those of kmeans

CREATE FUNCTION gmm(s cluster_sketch, k integer, covariance text DEFAULT 'full', scale text DEFAULT 'none',
					seed bigint DEFAULT 0, n_init integer DEFAULT 0, max_iter integer DEFAULT 2000)
	RETURNS clustering
	AS 'MODULE_PATHNAME', 'segment_gmm_sketch' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION gmm(cluster_sketch, integer, text, text, bigint, integer, integer) IS
'The mixture of k Gaussians of the rows that a sketch stands for, with the options of gmm_label: a clustering of which cluster_probability tells what a row owes to each component. Exact while the sketch is lossless. Beyond, a cell counts as its rows would on average, by its variances and (up to 32 features) the correlations within it that are nearest to those of the component. With cells of equal width in suitable units (a frame; segment.fit finds one) that costs less than 0.001 nats a row as a rule, some 0.001 where components overlap much; without a frame cells are wide far from 0, and it may cost a hundred times as much: a NOTICE says where the variance within cells is more than a quarter of that within components. Likelihood, bic and icl in cluster_fit_stats are estimates then: with diag and spherical covariances the log-likelihood is at most that of the rows under the same mixture; with full and tied ones it may lie on either side of it, as the correlations within cells are not known. NULL for a sketch that is NULL or has no rows. O(entries * k * features^2) an iteration, O(entries * k * features^3) for some. Above segment.max_memory it is refused (SQLSTATE 54000). Cells in EM: Lang, Schubert 2022, doi:10.1016/j.is.2021.101918.';

CREATE FUNCTION segment.gmm_final(cluster_sketch) RETURNS clustering
	AS 'MODULE_PATHNAME', 'segment_gmm_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION segment.gmm_final(cluster_sketch) IS 'Final function of gmm.';

-- @each-arity
CREATE AGGREGATE gmm(k integer, @PARAMS@) (
	SFUNC = segment.kmeans_add, STYPE = cluster_sketch, SSPACE = 8192, COMBINEFUNC = segment.sketch_combine,
	FINALFUNC = segment.gmm_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE gmm(integer, @TYPES@) IS
'The mixture of k Gaussians, each with a covariance of its own, of the rows of a group by @N@ numeric column(s): a clustering of k components, or fewer when fewer rows are distinct. One pass, in bounded memory: gmm(cluster_sketch(...), k) with cells that are equally wide in all columns, so columns should be of similar size, as a NOTICE says if need be; segment.fit finds units for them. Exact while the distinct rows fit the sketch. Rows with a NULL, NaN or infinite feature take no part; NULL when none is left. Neither the order of the rows nor parallel workers change the result.';
-- @end

CREATE AGGREGATE gmm(k integer, features double precision[]) (
	SFUNC = segment.kmeans_add, STYPE = cluster_sketch, SSPACE = 8192, COMBINEFUNC = segment.sketch_combine,
	FINALFUNC = segment.gmm_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE gmm(integer, double precision[]) IS
'The mixture of k Gaussians of the rows of a group by an array of features, of one length in all rows; otherwise like gmm of columns.';
