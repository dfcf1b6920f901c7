
-- The aggregates behind segment.fit, which cluster the rows themselves

CREATE FUNCTION segment.clustering_final(internal) RETURNS clustering
	AS 'MODULE_PATHNAME', 'segment_clustering_final' LANGUAGE C IMMUTABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION segment.clustering_final(internal) IS 'Final function of the clustering aggregates.';

CREATE FUNCTION segment.kmeans_fit_add(internal, features double precision[], k integer, scale text, seed bigint,
									   n_init integer, max_iter integer) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_kmeans_fit_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.kmeans_fit_add(internal, double precision[], integer, text, bigint, integer, integer) IS
'Transition function of segment.kmeans_fit.';
CREATE AGGREGATE segment.kmeans_fit(features double precision[], k integer, scale text, seed bigint,
									n_init integer, max_iter integer) (
	SFUNC = segment.kmeans_fit_add, STYPE = internal, SSPACE = 16384, FINALFUNC = segment.clustering_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.kmeans_fit(double precision[], integer, text, bigint, integer, integer) IS
'k-means of the rows themselves, held in memory, with every option of kmeans_label, as a clustering: what segment.fit runs on tables of up to 300,000 rows. The options are read from the first row; n_init and max_iter may be NULL for their defaults.';

CREATE FUNCTION segment.kmeans_fit_add(internal, features double precision[], k integer, scale text, seed bigint,
									   n_init integer, max_iter integer, init double precision[]) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_kmeans_fit_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.kmeans_fit_add(internal, double precision[], integer, text, bigint, integer, integer, double precision[]) IS
'Transition function of segment.kmeans_fit.';
CREATE AGGREGATE segment.kmeans_fit(features double precision[], k integer, scale text, seed bigint,
									n_init integer, max_iter integer, init double precision[]) (
	SFUNC = segment.kmeans_fit_add, STYPE = internal, SSPACE = 16384, FINALFUNC = segment.clustering_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.kmeans_fit(double precision[], integer, text, bigint, integer, integer, double precision[]) IS
'The same from k centroids given one after the other in input units, and the optimum that they lead to; NULL: by starts of its own, as without. An error (SQLSTATE 22023) if they are not as many or not finite.';

CREATE FUNCTION segment.hclust_fit_add(internal, features double precision[], k integer, height double precision,
									   linkage text, scale text) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_hclust_fit_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.hclust_fit_add(internal, double precision[], integer, double precision, text, text) IS
'Transition function of segment.hclust_fit.';
CREATE AGGREGATE segment.hclust_fit(features double precision[], k integer, height double precision,
									linkage text, scale text) (
	SFUNC = segment.hclust_fit_add, STYPE = internal, SSPACE = 16384, FINALFUNC = segment.clustering_final,
	PARALLEL = RESTRICTED
);
COMMENT ON AGGREGATE segment.hclust_fit(double precision[], integer, double precision, text, text) IS
'Hierarchical clustering with every option of hclust_label, as a clustering whose clusters are those of the cut tree: what segment.fit runs. The options are read from the first row.';

CREATE FUNCTION segment.gmm_fit_add(internal, features double precision[], k integer, covariance text, scale text,
									seed bigint, n_init integer, max_iter integer) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_gmm_fit_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.gmm_fit_add(internal, double precision[], integer, text, text, bigint, integer, integer) IS
'Transition function of segment.gmm_fit.';
CREATE AGGREGATE segment.gmm_fit(features double precision[], k integer, covariance text, scale text,
								 seed bigint, n_init integer, max_iter integer) (
	SFUNC = segment.gmm_fit_add, STYPE = internal, SSPACE = 16384, FINALFUNC = segment.clustering_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.gmm_fit(double precision[], integer, text, text, bigint, integer, integer) IS
'The mixture of Gaussians of the rows themselves, held in memory, with every option of gmm_label, as a clustering: what segment.fit runs on tables of up to 300,000 rows. The options are read from the first row; n_init and max_iter may be NULL for their defaults.';
