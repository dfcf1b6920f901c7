
-- What a clustering says: the place of a row, and its own statistics

-- @each-arity
CREATE FUNCTION cluster_id(m clustering, @PARAMS@) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_cluster_id_columns' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cluster_id(clustering, @TYPES@) IS
'The cluster, counted from 0, whose centroid is nearest to a row of @N@ feature(s) in the space the model was fitted in or, of a mixture, the most probable one; the lowest of equals. The features are those of the fit, in its order and units. NULL for a NULL, NaN or infinite feature. O(clusters * features), of a mixture O(clusters * features^2).';
CREATE FUNCTION cluster_distance(m clustering, @PARAMS@) RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_cluster_distance_columns' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cluster_distance(clustering, @TYPES@) IS
'The Euclidean distance of a row of @N@ feature(s) to the centroid of its cluster, in the space the model was fitted in; otherwise like cluster_id.';
CREATE FUNCTION cluster_probability(m clustering, @PARAMS@) RETURNS double precision[]
	AS 'MODULE_PATHNAME', 'segment_cluster_probability_columns' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION cluster_probability(clustering, @TYPES@) IS
'The probability (0 to 1) of each cluster of a mixture for a row of @N@ feature(s), in the order of the clusters; together 1. The features are those of the fit, in its order and units. NULL for a NULL, NaN or infinite feature; a row too far away for any density belongs to its cluster_id alone. An error (SQLSTATE 22023) if the model is not a mixture. O(clusters * features^2).';
-- @end

CREATE FUNCTION cluster_id(m clustering, features double precision[]) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_cluster_id_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cluster_id(clustering, double precision[]) IS
'The cluster of a row given as an array; otherwise like cluster_id of columns.';
CREATE FUNCTION cluster_distance(m clustering, features double precision[]) RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_cluster_distance_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cluster_distance(clustering, double precision[]) IS
'The Euclidean distance of a row given as an array to the centroid of its cluster; otherwise like cluster_distance of columns.';
CREATE FUNCTION cluster_probability(m clustering, features double precision[]) RETURNS double precision[]
	AS 'MODULE_PATHNAME', 'segment_cluster_probability_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION cluster_probability(clustering, double precision[]) IS
'The probability of each cluster of a mixture for a row given as an array; otherwise like cluster_probability of columns.';

CREATE FUNCTION cluster_inertia(m clustering) RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_cluster_inertia' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cluster_inertia(clustering) IS
'The sum over the rows of the fit of the squared distance to their centroid, in the space the model was fitted in.';

CREATE FUNCTION cluster_fit_stats(m clustering, OUT name text, OUT value double precision)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_cluster_fit_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION cluster_fit_stats(clustering) IS
'Figures of a fit as a whole, by name: rows, features, clusters; inertia, and inertia_lower and inertia_upper, between which the inertia of the rows lies (a model fitted to cells of a sketch knows it within these bounds only); disagreement (hierarchical models), the share of rows that are nearest to another cluster''s centroid than that of their own. A mixture has instead of the bounds log_likelihood (natural, of all rows, by densities in the fitted space; of a model fitted to cells an estimate), bic and icl (with that likelihood: the lower the better), iterations, converged (1 or 0), and floored, the variances that were kept from vanishing.';

CREATE FUNCTION cluster_stats(m clustering,
							  OUT cluster integer, OUT size bigint, OUT share double precision,
							  OUT centroid double precision[], OUT inertia double precision,
							  OUT radius double precision)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_cluster_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION cluster_stats(clustering) IS
'A row per cluster: members and their share (0 to 1) of all; the centroid in input units; inertia, the sum of squared distances of its members to it, and radius, the largest distance, in the space the model was fitted in.';

CREATE FUNCTION cluster_components(m clustering,
								   OUT cluster integer, OUT weight double precision,
								   OUT covariance double precision[])
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_cluster_components' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION cluster_components(clustering) IS
'A row per component of a mixture: its weight (0 to 1, together 1) and its covariance, a matrix of features by features in input units (under scale log in those of asinh); its mean is the centroid in cluster_stats. An error (SQLSTATE 22023) if the model is not a mixture.';

CREATE FUNCTION cluster_profile(m clustering,
								OUT cluster integer, OUT feature integer, OUT mean double precision,
								OUT spread double precision, OUT z double precision)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_cluster_profile' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50;
COMMENT ON FUNCTION cluster_profile(clustering) IS
'A row per cluster and feature (counted from 1): mean and population standard deviation of the members in input units, and z, how many standard deviations of all rows the mean lies above the mean of all rows.';
