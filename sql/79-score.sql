-- segment.score: which persona a customer of given features would have.

CREATE FUNCTION segment.score_row(m @extschema@.clustering, features float8[], OUT number int, OUT distance float8, OUT probability float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_score_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 10;
COMMENT ON FUNCTION segment.score_row(@extschema@.clustering, float8[]) IS
	'a row per cluster, in their order: the distance of a row to its centroid in the fitted space and, of a mixture, the probability of the cluster. '
	'No rows for a NULL, NaN or infinite feature. O(clusters * features), of a mixture features^2. An error for a row of another length (2202E)';

CREATE FUNCTION segment.score(model text, features float8[], by_value text DEFAULT NULL)
	RETURNS TABLE (rank int, cluster int, persona text, distance float8, probability float8)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v CONSTANT segment.version := segment.group_of(segment.readable_model_id(score.model), score.by_value);
BEGIN
	RETURN QUERY
		SELECT row_number() OVER (ORDER BY s.number = @extschema@.cluster_id(v.clustering, score.features) DESC,
				s.probability DESC, s.distance, s.number)::int,
			p.cluster, p.persona, s.distance, s.probability
		FROM segment.score_row(v.clustering, score.features) AS s
		JOIN segment.persona AS p
			ON p.model_id = v.model_id AND p.version = v.version AND p.group_id = v.group_id AND p.number = s.number
		ORDER BY 1;
END
$$;
COMMENT ON FUNCTION segment.score(text, float8[], text) IS
	'which persona a customer with these features would have by the active version of a model, the current role''s own or one shared with it: a row per cluster, that of cluster_id() first, the others by distance or, of a mixture, by probability, the most probable first. '
	'features: in the order and the units of the model; distance: Euclidean, to the centroid in the space the model was fitted in; probability: of a mixture (0 to 1), otherwise NULL. by_value: the group, of a model by groups. '
	'No rows if a feature is NULL, NaN or infinite. O(clusters * features), of a mixture features^2: for a customer and its what-ifs; views of segment.create_view() score many. '
	'Errors: no such model or group (42704), several models of that name by other roles (42P09); no group is given where there are some (22004), or one where there are none (22023); no active version (55000); another number of features (2202E)';
