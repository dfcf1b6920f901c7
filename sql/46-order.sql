-- Order and hash of our types: for indexes, DISTINCT, GROUP BY, joins

-- @each-type clustering cluster_sketch dendrogram
CREATE FUNCTION segment.@TYPE@_eq(@TYPE@, @TYPE@) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.@TYPE@_eq(@TYPE@, @TYPE@) IS 'Implementation of = for @TYPE@.';
CREATE FUNCTION segment.@TYPE@_ne(@TYPE@, @TYPE@) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.@TYPE@_ne(@TYPE@, @TYPE@) IS 'Implementation of <> for @TYPE@.';
CREATE FUNCTION segment.@TYPE@_lt(@TYPE@, @TYPE@) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.@TYPE@_lt(@TYPE@, @TYPE@) IS 'Implementation of < for @TYPE@.';
CREATE FUNCTION segment.@TYPE@_le(@TYPE@, @TYPE@) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.@TYPE@_le(@TYPE@, @TYPE@) IS 'Implementation of <= for @TYPE@.';
CREATE FUNCTION segment.@TYPE@_gt(@TYPE@, @TYPE@) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.@TYPE@_gt(@TYPE@, @TYPE@) IS 'Implementation of > for @TYPE@.';
CREATE FUNCTION segment.@TYPE@_ge(@TYPE@, @TYPE@) RETURNS boolean
	AS 'MODULE_PATHNAME', 'segment_flat_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.@TYPE@_ge(@TYPE@, @TYPE@) IS 'Implementation of >= for @TYPE@.';
CREATE FUNCTION segment.@TYPE@_cmp(@TYPE@, @TYPE@) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_flat_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.@TYPE@_cmp(@TYPE@, @TYPE@) IS
'Order of the values for btree indexes: shorter values first, then an arbitrary but fixed order.';
CREATE FUNCTION segment.@TYPE@_hash(@TYPE@) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_flat_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.@TYPE@_hash(@TYPE@) IS 'Hash of a value.';
CREATE FUNCTION segment.@TYPE@_hash_extended(@TYPE@, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'segment_flat_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.@TYPE@_hash_extended(@TYPE@, bigint) IS 'Seeded hash of a value.';

CREATE OPERATOR = (
	LEFTARG = @TYPE@, RIGHTARG = @TYPE@, FUNCTION = segment.@TYPE@_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR <> (
	LEFTARG = @TYPE@, RIGHTARG = @TYPE@, FUNCTION = segment.@TYPE@_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR < (
	LEFTARG = @TYPE@, RIGHTARG = @TYPE@, FUNCTION = segment.@TYPE@_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR <= (
	LEFTARG = @TYPE@, RIGHTARG = @TYPE@, FUNCTION = segment.@TYPE@_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR > (
	LEFTARG = @TYPE@, RIGHTARG = @TYPE@, FUNCTION = segment.@TYPE@_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
CREATE OPERATOR >= (
	LEFTARG = @TYPE@, RIGHTARG = @TYPE@, FUNCTION = segment.@TYPE@_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR = (@TYPE@, @TYPE@) IS 'The same, to the last bit.';
COMMENT ON OPERATOR <> (@TYPE@, @TYPE@) IS 'Not the same.';
COMMENT ON OPERATOR < (@TYPE@, @TYPE@) IS 'Before, in the order of @TYPE@_cmp.';
COMMENT ON OPERATOR <= (@TYPE@, @TYPE@) IS 'Before or equal, in the order of @TYPE@_cmp.';
COMMENT ON OPERATOR > (@TYPE@, @TYPE@) IS 'After, in the order of @TYPE@_cmp.';
COMMENT ON OPERATOR >= (@TYPE@, @TYPE@) IS 'After or equal, in the order of @TYPE@_cmp.';

CREATE OPERATOR CLASS @TYPE@_ops DEFAULT FOR TYPE @TYPE@ USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 segment.@TYPE@_cmp(@TYPE@, @TYPE@);
COMMENT ON OPERATOR CLASS @TYPE@_ops USING btree IS 'Order of values, for btree indexes.';
CREATE OPERATOR CLASS @TYPE@_hash_ops DEFAULT FOR TYPE @TYPE@ USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 segment.@TYPE@_hash(@TYPE@),
	FUNCTION 2 segment.@TYPE@_hash_extended(@TYPE@, bigint);
COMMENT ON OPERATOR CLASS @TYPE@_hash_ops USING hash IS 'Equality of values, for hash indexes.';
-- @end
