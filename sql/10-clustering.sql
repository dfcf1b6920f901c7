
-- The type of a fitted model

CREATE TYPE clustering;

CREATE FUNCTION segment.clustering_in(cstring) RETURNS clustering
	AS 'MODULE_PATHNAME', 'segment_clustering_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION segment.clustering_in(cstring) IS
'Text input of clustering: JSON, every key and number checked (SQLSTATE 22P02, 22003).';
CREATE FUNCTION segment.clustering_out(clustering) RETURNS cstring
	AS 'MODULE_PATHNAME', 'segment_clustering_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION segment.clustering_out(clustering) IS
'Text output of clustering: JSON whose numbers come back the same.';
CREATE FUNCTION segment.clustering_recv(internal) RETURNS clustering
	AS 'MODULE_PATHNAME', 'segment_clustering_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION segment.clustering_recv(internal) IS
'Binary input of clustering, checked like the text (SQLSTATE 22P03).';
CREATE FUNCTION segment.clustering_send(clustering) RETURNS bytea
	AS 'MODULE_PATHNAME', 'segment_clustering_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION segment.clustering_send(clustering) IS
'Binary output of clustering, the same on every machine.';

CREATE TYPE clustering (
	INPUT = segment.clustering_in,
	OUTPUT = segment.clustering_out,
	RECEIVE = segment.clustering_recv,
	SEND = segment.clustering_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE clustering IS
'A fitted clustering: method, scaling, and for each cluster its size, inertia, radius, centroid, mean and spread; of a mixture of Gaussians also weight and covariance, as the lower triangle, row by row, of its Cholesky factor in the fitted space, and the likelihood. Immutable; cluster_id(m, ...) places rows, cluster_stats(m) lists the clusters. Text form: JSON. Centroid, mean and spread (population sd) are in input units; inertia (sum of squared distances) and radius are in the fitted space, where a feature x is (x - offset) / unit, or under scale log (asinh(x) - offset) / unit.';

CREATE CAST (clustering AS jsonb) WITH INOUT;
COMMENT ON CAST (clustering AS jsonb) IS 'The text form of a clustering, as jsonb.';
CREATE CAST (jsonb AS clustering) WITH INOUT;
COMMENT ON CAST (jsonb AS clustering) IS 'A clustering from its JSON form, checked.';
