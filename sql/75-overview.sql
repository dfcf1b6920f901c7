-- What people read: segment.models, segment.personas, segment.profile. With the rights of the reader.
--
-- BI tools read these views too, and those of the other parts, over ODBC and JDBC. So their columns have types that drivers
-- know and show as what they are: numbers of a fixed size, text, timestamps, and arrays of text or integers and jsonb, which a
-- driver without such types shows as text. Not so regrole, hence owner::text.

CREATE VIEW segment.models WITH (security_invoker) AS
SELECT m.model, v.version, v.active, m.method, m.scale, v.k, m.features, m.key, v.source, m.ruleset, m.seed, m.options,
	v.rows, v.inertia, v.disagreement, v.fitted_at, m.by_column, CASE WHEN m.by_column IS NOT NULL THEN v.groups END AS groups, m.owner::text
FROM segment.model AS m
CROSS JOIN LATERAL (
	SELECT g.version, g.active, g.source, g.fitted_at, count(*)::int AS groups, sum(s.k)::int AS k, sum(s.rows)::bigint AS rows,
		sum(@extschema@.cluster_inertia(g.clustering)) AS inertia,
		sum((g.clustering::jsonb ->> 'disagreement')::float8 * s.rows) / sum(s.rows) AS disagreement
	FROM segment.version AS g
	CROSS JOIN LATERAL (
		SELECT count(*) AS k, sum(c.size)::float8 AS rows FROM @extschema@.cluster_stats(g.clustering) AS c) AS s
	WHERE g.model_id = m.id
	GROUP BY g.version, g.active, g.source, g.fitted_at) AS v
ORDER BY m.owner::text, m.model, v.version;
COMMENT ON VIEW segment.models IS
	'models, a row per model and version: those of the current role, of the roles whose privileges it has, and those shared with them (segment.share); of all roles for superusers and the owner of the extension';
COMMENT ON COLUMN segment.models.model IS 'name of the model, unique among those of its owner';
COMMENT ON COLUMN segment.models.version IS 'version, from 1';
COMMENT ON COLUMN segment.models.active IS 'whether this is the version that views and functions use';
COMMENT ON COLUMN segment.models.method IS 'kmeans, hclust or gmm';
COMMENT ON COLUMN segment.models.scale IS 'scaling of the features: none, zscore, minmax, robust or log';
COMMENT ON COLUMN segment.models.k IS 'number of clusters found, of all groups together: fewer than asked for if fewer rows are distinct';
COMMENT ON COLUMN segment.models.features IS 'columns that are clustered, in the order of the centroids';
COMMENT ON COLUMN segment.models.key IS 'columns that identify a customer; NULL: the source has no primary key';
COMMENT ON COLUMN segment.models.source IS 'relation that the version was fitted on, quoted and qualified';
COMMENT ON COLUMN segment.models.ruleset IS 'ruleset that names the clusters; NULL: every rule whose features the model has';
COMMENT ON COLUMN segment.models.seed IS 'seed of the random starts';
COMMENT ON COLUMN segment.models.options IS 'options of the method, as given to segment.fit';
COMMENT ON COLUMN segment.models.rows IS 'rows that took part in the fit';
COMMENT ON COLUMN segment.models.inertia IS 'sum of the squared distances of these rows to the centroid of their cluster, in the space the model was fitted in';
COMMENT ON COLUMN segment.models.disagreement IS
	'hclust: share (0 to 1) of these rows that lie nearer to the centroid of another cluster than to that of their own, where scoring differs from the tree; NULL for kmeans and gmm';
COMMENT ON COLUMN segment.models.fitted_at IS 'start of the transaction that fitted the version';
COMMENT ON COLUMN segment.models.by_column IS 'column by whose values the rows are put into groups, each clustered by itself; NULL: all rows together';
COMMENT ON COLUMN segment.models.groups IS 'number of these groups; NULL: all rows together';
COMMENT ON COLUMN segment.models.owner IS 'role that fitted the model';

CREATE VIEW segment.personas WITH (security_invoker) AS
SELECT m.model, v.version, p.cluster, p.persona, s.size, s.share, t.profile, p.note, v.by_value, m.owner::text
FROM segment.model AS m
JOIN segment.version AS v ON v.model_id = m.id AND v.active
JOIN segment.persona AS p ON p.model_id = v.model_id AND p.version = v.version AND p.group_id = v.group_id
JOIN LATERAL @extschema@.cluster_stats(v.clustering) AS s ON s.cluster = p.number
JOIN LATERAL segment.profile_texts(v.clustering, m.features) AS t ON t.cluster = p.number
ORDER BY m.owner::text, m.model, v.group_id, p.cluster;
COMMENT ON VIEW segment.personas IS
	'personas of the active version of each model, a row per cluster, of every group if the model is by groups; of the models that segment.models shows';
COMMENT ON COLUMN segment.personas.model IS 'name of the model';
COMMENT ON COLUMN segment.personas.version IS 'version, from 1';
COMMENT ON COLUMN segment.personas.cluster IS 'cluster, 0-based in its group; the same from version to version';
COMMENT ON COLUMN segment.personas.persona IS 'name of the cluster';
COMMENT ON COLUMN segment.personas.size IS 'rows of the fit in the cluster';
COMMENT ON COLUMN segment.personas.share IS 'these as a share (0 to 1) of the rows, of its group, that took part';
COMMENT ON COLUMN segment.personas.profile IS
	'means of the cluster in the units of the input, with words for their z-scores: the five features that set it apart the most, in that order';
COMMENT ON COLUMN segment.personas.note IS 'what to do about these customers, from the rule that named the cluster; NULL without such a rule';
COMMENT ON COLUMN segment.personas.by_value IS 'group: the value, as text, of the column that the model is by; NULL: it is not by groups';
COMMENT ON COLUMN segment.personas.owner IS 'role that fitted the model';

GRANT SELECT ON segment.models, segment.personas TO PUBLIC;

CREATE FUNCTION segment.profile(model text)
	RETURNS TABLE (cluster int, persona text, feature text, mean float8, spread float8, z float8, word text, by_value text)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
	SELECT p.cluster, p.persona, f.feature, f.mean, f.spread, f.z, f.word, v.by_value
	FROM segment.model AS m
	JOIN segment.version AS v ON v.model_id = m.id AND v.active
	JOIN segment.persona AS p ON p.model_id = v.model_id AND p.version = v.version AND p.group_id = v.group_id
	JOIN LATERAL segment.portrait(v.clustering, m.features) AS f ON f.cluster = p.number
	WHERE m.id = segment.readable_model_id(profile.model)
	ORDER BY v.group_id, p.cluster, f."position";
END;
COMMENT ON FUNCTION segment.profile(text) IS
	'profile of the active version of a model, the current role''s own or one shared with it, a row per cluster and feature, in the order of the groups (by_value), if any, the clusters and the model''s features: mean and population standard deviation of the members in the units of the input, '
	'z (how many standard deviations of everybody, in its group, the mean lies above everybody''s mean; 0 for a constant) and the word for it: very low (-1.5 and less), low (-0.5 and less), average, high (0.5 and more), very high (1.5 and more). '
	'Errors: no such model (42704), several of that name by other roles (42P09)';
