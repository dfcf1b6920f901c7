
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
'A fitted clustering: method, scaling, and for each cluster its size, inertia, radius, centroid, mean and spread. Immutable; cluster_id(m, ...) places rows, cluster_stats(m) lists the clusters. Text form: JSON. Centroid, mean and spread (population sd) are in input units; inertia (sum of squared distances) and radius are in the fitted space, where a feature x is (x - offset) / unit, or under scale log (asinh(x) - offset) / unit.';

CREATE CAST (clustering AS jsonb) WITH INOUT;
COMMENT ON CAST (clustering AS jsonb) IS 'The text form of a clustering, as jsonb.';
CREATE CAST (jsonb AS clustering) WITH INOUT;
COMMENT ON CAST (jsonb AS clustering) IS 'A clustering from its JSON form, checked.';

-- Order and hash: for indexes, DISTINCT, GROUP BY, joins

CREATE FUNCTION segment.clustering_eq(clustering, clustering) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.clustering_eq(clustering, clustering) IS 'Implementation of = for clustering.';
CREATE FUNCTION segment.clustering_ne(clustering, clustering) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.clustering_ne(clustering, clustering) IS 'Implementation of <> for clustering.';
CREATE FUNCTION segment.clustering_lt(clustering, clustering) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.clustering_lt(clustering, clustering) IS 'Implementation of < for clustering.';
CREATE FUNCTION segment.clustering_le(clustering, clustering) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.clustering_le(clustering, clustering) IS 'Implementation of <= for clustering.';
CREATE FUNCTION segment.clustering_gt(clustering, clustering) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.clustering_gt(clustering, clustering) IS 'Implementation of > for clustering.';
CREATE FUNCTION segment.clustering_ge(clustering, clustering) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.clustering_ge(clustering, clustering) IS 'Implementation of >= for clustering.';
CREATE FUNCTION segment.clustering_cmp(clustering, clustering) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_flat_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.clustering_cmp(clustering, clustering) IS
'Order of clusterings for btree indexes: shorter values first, then an arbitrary but fixed order.';
CREATE FUNCTION segment.clustering_hash(clustering) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_flat_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.clustering_hash(clustering) IS 'Hash of a clustering.';
CREATE FUNCTION segment.clustering_hash_extended(clustering, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'segment_flat_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.clustering_hash_extended(clustering, bigint) IS 'Seeded hash of a clustering.';

CREATE OPERATOR = (
	LEFTARG = clustering, RIGHTARG = clustering, FUNCTION = segment.clustering_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR <> (
	LEFTARG = clustering, RIGHTARG = clustering, FUNCTION = segment.clustering_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR < (
	LEFTARG = clustering, RIGHTARG = clustering, FUNCTION = segment.clustering_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR <= (
	LEFTARG = clustering, RIGHTARG = clustering, FUNCTION = segment.clustering_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR > (
	LEFTARG = clustering, RIGHTARG = clustering, FUNCTION = segment.clustering_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
CREATE OPERATOR >= (
	LEFTARG = clustering, RIGHTARG = clustering, FUNCTION = segment.clustering_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR = (clustering, clustering) IS 'The same model, to the last bit.';
COMMENT ON OPERATOR <> (clustering, clustering) IS 'Not the same model.';
COMMENT ON OPERATOR < (clustering, clustering) IS 'Before, in the order of clustering_cmp.';
COMMENT ON OPERATOR <= (clustering, clustering) IS 'Before or equal, in the order of clustering_cmp.';
COMMENT ON OPERATOR > (clustering, clustering) IS 'After, in the order of clustering_cmp.';
COMMENT ON OPERATOR >= (clustering, clustering) IS 'After or equal, in the order of clustering_cmp.';

CREATE OPERATOR CLASS clustering_ops DEFAULT FOR TYPE clustering USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 segment.clustering_cmp(clustering, clustering);
COMMENT ON OPERATOR CLASS clustering_ops USING btree IS 'Order of clusterings, for btree indexes.';
CREATE OPERATOR CLASS clustering_hash_ops DEFAULT FOR TYPE clustering USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 segment.clustering_hash(clustering),
	FUNCTION 2 segment.clustering_hash_extended(clustering, bigint);
COMMENT ON OPERATOR CLASS clustering_hash_ops USING hash IS 'Equality of clusterings, for hash indexes.';
