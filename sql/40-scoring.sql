
-- What a clustering says: the place of a row, and its own statistics

-- @each-arity
CREATE FUNCTION cluster_id(m clustering, @PARAMS@) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_cluster_id_columns' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cluster_id(clustering, @TYPES@) IS
'The cluster, counted from 0, whose centroid is nearest to a row of @N@ feature(s) in the space the model was fitted in, the lowest of equals. The features are those of the fit, in its order and units. NULL for a NULL, NaN or infinite feature. O(clusters * features).';
CREATE FUNCTION cluster_distance(m clustering, @PARAMS@) RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_cluster_distance_columns' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cluster_distance(clustering, @TYPES@) IS
'The Euclidean distance of a row of @N@ feature(s) to the centroid that is nearest, in the space the model was fitted in; otherwise like cluster_id.';
-- @end

CREATE FUNCTION cluster_id(m clustering, features double precision[]) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_cluster_id_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cluster_id(clustering, double precision[]) IS
'The cluster, counted from 0, whose centroid is nearest to a row given as an array; otherwise like cluster_id of columns.';
CREATE FUNCTION cluster_distance(m clustering, features double precision[]) RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_cluster_distance_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cluster_distance(clustering, double precision[]) IS
'The Euclidean distance of a row given as an array to the centroid that is nearest; otherwise like cluster_distance of columns.';

CREATE FUNCTION cluster_inertia(m clustering) RETURNS double precision
	AS 'MODULE_PATHNAME', 'segment_cluster_inertia' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cluster_inertia(clustering) IS
'The sum over the rows of the fit of the squared distance to their centroid, in the space the model was fitted in.';

CREATE FUNCTION cluster_fit_stats(m clustering, OUT name text, OUT value double precision)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_cluster_fit_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 7;
COMMENT ON FUNCTION cluster_fit_stats(clustering) IS
'Figures of a fit as a whole, by name: rows, features, clusters; inertia, and inertia_lower and inertia_upper, between which the inertia of the rows lies (a model fitted to cells of a sketch knows it within these bounds only); disagreement (hierarchical models), the share of rows that are nearest to another cluster''s centroid than that of their own.';

CREATE FUNCTION cluster_stats(m clustering,
							  OUT cluster integer, OUT size bigint, OUT share double precision,
							  OUT centroid double precision[], OUT inertia double precision,
							  OUT radius double precision)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_cluster_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION cluster_stats(clustering) IS
'A row per cluster: members and their share (0 to 1) of all; the centroid in input units; inertia, the sum of squared distances of its members to it, and radius, the largest distance, in the space the model was fitted in.';

CREATE FUNCTION cluster_profile(m clustering,
								OUT cluster integer, OUT feature integer, OUT mean double precision,
								OUT spread double precision, OUT z double precision)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_cluster_profile' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50;
COMMENT ON FUNCTION cluster_profile(clustering) IS
'A row per cluster and feature (counted from 1): mean and population standard deviation of the members in input units, and z, how many standard deviations of all rows the mean lies above the mean of all rows.';
