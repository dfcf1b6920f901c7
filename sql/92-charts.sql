-- segment.charts: what a model looks like, as Vega-Lite specifications.
--
-- A chart is a title, a drawing and the data it draws. Data stand apart, as datasets of fixed columns (persona, x, customers):
-- names of the user's are values in them, or titles, never the names of fields, whose dots and brackets Vega would read.
-- Colours go by persona, in the order of the clusters, so that a persona has the same one in every chart. A chart in which
-- personas can be chosen, by a click on its legend or its bars, has a selection "persona"; the scatter, in which a rectangle
-- chooses customers, a selection "brush", which the histograms along it follow.
--
-- What needs customers is drawn from a sample of the source, read once: all of them up to 5,000, above that those with the
-- lowest hashes of their keys, which are the same ones as long as they are there.

CREATE TYPE segment.scored_row AS (persona text, features float8[]);
COMMENT ON TYPE segment.scored_row IS 'a row of the source of a model: the persona it has, and its features in the order of the model';

CREATE FUNCTION segment.clusters_of(v segment.version)
	RETURNS TABLE (cluster int, persona text, note text, number int, size bigint, share float8, centroid float8[])
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT p.cluster, p.persona, p.note, p.number, s.size, s.share, s.centroid
	FROM segment.persona AS p
	JOIN @extschema@.cluster_stats(v.clustering) AS s ON s.cluster = p.number
	WHERE p.model_id = v.model_id AND p.version = v.version AND p.group_id = v.group_id
	ORDER BY p.cluster;
END;
COMMENT ON FUNCTION segment.clusters_of(segment.version) IS
	'clusters of a version, or of a group of it, as in segment.personas, with the number in the clustering and the centroid';

CREATE FUNCTION segment.clusters_of_groups(model_id bigint)
	RETURNS TABLE (group_rank int, by_value text, customers bigint, cluster int, persona text, size bigint, share float8, persona_rank int)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 100
BEGIN ATOMIC
	WITH c AS (
		SELECT v.group_id, v.by_value, p.cluster, p.persona, s.size, s.share,
			sum(s.size) OVER (PARTITION BY v.group_id)::bigint AS customers, sum(s.size) OVER (PARTITION BY p.persona) AS persona_size
		FROM segment.version AS v
		JOIN segment.persona AS p ON p.model_id = v.model_id AND p.version = v.version AND p.group_id = v.group_id
		JOIN LATERAL @extschema@.cluster_stats(v.clustering) AS s ON s.cluster = p.number
		WHERE v.model_id = clusters_of_groups.model_id AND v.active
	)
	SELECT dense_rank() OVER (ORDER BY c.customers DESC, c.group_id)::int, c.by_value, c.customers, c.cluster, c.persona, c.size, c.share,
		dense_rank() OVER (ORDER BY c.persona_size DESC, c.persona COLLATE "C")::int
	FROM c
	ORDER BY 1, c.cluster;
END;
COMMENT ON FUNCTION segment.clusters_of_groups(bigint) IS
	'clusters of the active version of the model of that number, a row per group and cluster: group_rank, of the group by its customers in the fit, the most first, and persona_rank, of the name by the customers that it has in all groups; ties in the order of the groups and of the names';

CREATE FUNCTION segment.leading_features(v segment.version) RETURNS TABLE (rank int, "position" int, feature text)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 5
BEGIN ATOMIC
	SELECT row_number() OVER (ORDER BY sum(c.share * f.z * f.z) DESC, f."position")::int, f."position", f.feature
	FROM segment.clusters_of(v) AS c
	JOIN segment.model AS m ON m.id = v.model_id
	JOIN LATERAL segment.portrait(v.clustering, m.features) AS f ON f.cluster = c.number
	GROUP BY f."position", f.feature
	ORDER BY 1;
END;
COMMENT ON FUNCTION segment.leading_features(segment.version) IS
	'features of the model by how far they set the clusters of a version, or of a group of it, apart: by the variance that lies between the clusters, as a share of that of the feature; ties in the order of the features';

CREATE FUNCTION segment.sample_rows(v segment.version, search_path text, most int, OUT rows segment.scored_row[], OUT customers bigint)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m segment.model;
	source CONSTANT regclass := segment.source_of(v.model_id);
	personas CONSTANT text[] := array_agg(c.persona ORDER BY c.number) FROM segment.clusters_of(v) AS c;
	features text;
	key text;
	scored text;
BEGIN
	SELECT * INTO STRICT m FROM segment.model AS s WHERE s.id = v.model_id;
	IF m.by_column IS NOT NULL THEN
		PERFORM segment.check_by(source, m.by_column, NULL);
	END IF;
	SELECT format('ARRAY[%s]', string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position")) INTO features
		FROM unnest(m.features) WITH ORDINALITY AS f(name, "position");
	SELECT format('ROW(%s)', string_agg(format('s.%I', k.name), ', ' ORDER BY k."position")) INTO key
		FROM unnest(m.key) WITH ORDINALITY AS k(name, "position");
	scored := format(
		'SELECT r.features, r.number, r.hash FROM (SELECT %1$s AS features, %2$s.cluster_id($1, %1$s) AS number, '
		'pg_catalog.hashtextextended(%3$s::pg_catalog.text, 0) AS hash FROM %4$s AS s) AS r WHERE r.number IS NOT NULL',
		features, '@extschema@', CASE key WHEN 'ROW()' THEN features ELSE key END,
		segment.rows_of_group(source, m.by_column, v.by_value));

	-- As in segment.cluster_source: functions of a view may need the caller's search_path.
	PERFORM set_config('search_path', sample_rows.search_path, true);
	EXECUTE format('SELECT pg_catalog.count(*) FROM (%s) AS r', scored) INTO customers USING v.clustering;
	EXECUTE format(
		'SELECT pg_catalog.array_agg(ROW(($2)[r.number + 1], r.features)::segment.scored_row ORDER BY r.hash, r.features) '
		'FROM (%s ORDER BY r.hash, r.features LIMIT $3) AS r', scored)
		INTO rows USING v.clustering, personas, most;
END
$$;
COMMENT ON FUNCTION segment.sample_rows(segment.version, text, int) IS
	'rows of the source of a model, of a group where it is by groups, read with the rights and that search_path of the caller, scored by that version: all of them, or as many as given, those with the lowest hashes of their keys (of the features, without a key); and how many there are. Rows without a number in every feature are not counted. '
	'Errors: those of reading the source';

CREATE FUNCTION segment.vega_lite(title text, datasets jsonb, drawing jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT jsonb_build_object(
			'$schema', 'https://vega.github.io/schema/vega-lite/v6.json',
			'title', title, 'description', title, 'datasets', datasets)
		|| drawing;
END;
COMMENT ON FUNCTION segment.vega_lite(text, jsonb, jsonb) IS 'specification of a chart in Vega-Lite 6: title, data, and drawing';

CREATE FUNCTION segment.persona_scale(v segment.version) RETURNS jsonb
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT jsonb_build_object('domain', jsonb_agg(c.persona ORDER BY c.cluster),
		'scheme', CASE WHEN count(*) <= 10 THEN 'tableau10' ELSE 'tableau20' END)
	FROM segment.clusters_of(v) AS c;
END;
COMMENT ON FUNCTION segment.persona_scale(segment.version) IS 'scale of Vega-Lite that gives the personas of a version their colours';

CREATE FUNCTION segment.axis_of(title text, low float8, high float8) RETURNS jsonb
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT jsonb_build_object('type', 'quantitative', 'title', title, 'scale', CASE
		WHEN low < high THEN jsonb_build_object('domain', jsonb_build_array(low, high), 'nice', true)
		ELSE jsonb_build_object('zero', false) END);
END;
COMMENT ON FUNCTION segment.axis_of(text, float8, float8) IS
	'channel of Vega-Lite for numbers between these: the axis stays as it is when rows are filtered';

CREATE FUNCTION segment.brushed_histogram(v segment.version, along text, axis jsonb, step float8, most bigint) RETURNS jsonb
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format($json${
			%1$s,
			"data": {"name": "points"},
			"encoding": {
				%2$s: %3$s,
				%4$s: {"aggregate": "count", "type": "quantitative", "axis": null, "scale": {"domain": [0, %7$s]}}
			},
			"layer": [
				{"transform": [{"filter": {"param": "persona"}}], "mark": {"type": "bar", "color": "gray", "opacity": 0.25, "aria": false}},
				{
					"transform": [{"filter": {"and": [{"param": "persona"}, {"param": "brush"}]}}],
					"mark": {"type": "bar", "aria": false},
					"encoding": {
						"color": {"field": "persona", "type": "nominal", "title": null, "scale": %5$s},
						"tooltip": [{"field": "persona"}, %6$s, {"aggregate": "count", "type": "quantitative", "title": "customers"}]
					}
				}
			],
			"view": {"stroke": null}
		}$json$,
		CASE along WHEN 'x' THEN '"name": "above", "width": 480, "height": 64' ELSE '"width": 64, "height": 360' END,
		to_jsonb(along), axis || jsonb_build_object('axis', NULL, 'bin', jsonb_build_object('step', step)),
		to_jsonb(translate(along, 'xy', 'yx')), segment.persona_scale(v),
		axis - 'scale' || jsonb_build_object('bin', jsonb_build_object('step', step)), most)::jsonb;
END;
COMMENT ON FUNCTION segment.brushed_histogram(segment.version, text, jsonb, float8, bigint) IS
	'part of segment.scatter_chart(): histogram along its axis x or y, which is given, in bins of that width, of which one has as many customers as given and none has more: of all customers in grey, and before it, by persona, of those in the rectangle that is drawn in the scatter, or of all without one';

CREATE FUNCTION segment.scatter_chart(v segment.version, rows segment.scored_row[], of_whom text) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x record;
	y record;
	points jsonb;
	centroids jsonb;
	x_step float8;
	y_step float8;
	x_most bigint;
	y_most bigint;
	x_axis jsonb;
	y_axis jsonb;
BEGIN
	SELECT f.* INTO x FROM segment.leading_features(v) AS f WHERE f.rank = 1;
	SELECT f.* INTO y FROM segment.leading_features(v) AS f WHERE f.rank = 2;
	IF y IS NULL THEN
		RETURN NULL;
	END IF;
	-- The histograms along the scatter share its axes, which therefore reach as far as their bins.
	SELECT jsonb_agg(jsonb_build_object('persona', r.persona, 'x', r.features[x."position"], 'y', r.features[y."position"])),
			segment.bin_width(min(r.features[x."position"]), max(r.features[x."position"])),
			segment.bin_width(min(r.features[y."position"]), max(r.features[y."position"]))
		INTO points, x_step, y_step
		FROM unnest(rows) AS r;
	SELECT max(b.customers) FILTER (WHERE b.along = 'x'), max(b.customers) FILTER (WHERE b.along = 'y') INTO x_most, y_most
		FROM (
			SELECT i.along, count(*) AS customers
			FROM unnest(rows) AS r
			CROSS JOIN LATERAL (VALUES ('x', floor(r.features[x."position"] / x_step)), ('y', floor(r.features[y."position"] / y_step))) AS i(along, bin)
			GROUP BY i.along, i.bin) AS b;
	SELECT segment.axis_of(x.feature, floor(min(r.features[x."position"]) / x_step) * x_step, (floor(max(r.features[x."position"]) / x_step) + 1) * x_step) || '{"field": "x"}',
			segment.axis_of(y.feature, floor(min(r.features[y."position"]) / y_step) * y_step, (floor(max(r.features[y."position"]) / y_step) + 1) * y_step) || '{"field": "y"}'
		INTO x_axis, y_axis
		FROM unnest(rows) AS r;
	SELECT jsonb_agg(jsonb_build_object('persona', c.persona, 'x', c.centroid[x."position"], 'y', c.centroid[y."position"], 'customers', c.size)
			ORDER BY c.cluster)
		INTO centroids
		FROM segment.clusters_of(v) AS c;
	RETURN segment.vega_lite(
		format('Customers by %s and %s%s', x.feature, y.feature, of_whom),
		jsonb_build_object('points', points, 'centroids', centroids),
		format($json${
			"columns": 2, "spacing": 8, "bounds": "flush",
			"concat": [
				%6$s,
				{
					"width": 64, "height": 64,
					"data": {"name": "points"},
					"transform": [{"filter": {"and": [{"param": "persona"}, {"param": "brush"}]}}, {"aggregate": [{"op": "count", "as": "customers"}]}],
					"layer": [
						{"mark": {"type": "text", "fontSize": 16}, "encoding": {"text": {"field": "customers", "type": "quantitative", "format": ",d"}}},
						{"mark": {"type": "text", "fontSize": 10, "dy": 15, "aria": false, "text": "customers"}}
					],
					"view": {"stroke": null}
				},
				{
					"name": "scatter", "width": 480, "height": 360,
					"encoding": {"color": {"field": "persona", "type": "nominal", "title": null, "scale": %1$s}},
					"layer": [
						{
							"data": {"name": "points"},
							"params": [
								{"name": "persona", "select": {"type": "point", "fields": ["persona"]}, "bind": "legend"},
								{"name": "brush", "select": "interval"}
							],
							"transform": [{"filter": {"param": "persona"}}],
							"mark": {"type": "circle", "size": 40, "aria": false},
							"encoding": {
								"x": %2$s, "y": %3$s,
								"opacity": {"condition": {"param": "brush", "value": 0.7}, "value": 0.1},
								"tooltip": [{"field": "persona"}, {"field": "x", "type": "quantitative", "title": %4$s}, {"field": "y", "type": "quantitative", "title": %5$s}]
							}
						},
						{
							"data": {"name": "centroids"},
							"transform": [{"filter": {"param": "persona"}}],
							"mark": {"type": "point", "shape": "diamond", "filled": true, "size": 220, "opacity": 1, "stroke": "white", "strokeWidth": 2},
							"encoding": {
								"x": %2$s, "y": %3$s,
								"tooltip": [
									{"field": "persona", "title": "centroid of"}, {"field": "customers", "type": "quantitative"},
									{"field": "x", "type": "quantitative", "title": %4$s}, {"field": "y", "type": "quantitative", "title": %5$s}
								]
							}
						}
					]
				},
				%7$s
			]
		}$json$,
			segment.persona_scale(v), x_axis, y_axis, to_jsonb(x.feature), to_jsonb(y.feature),
			segment.brushed_histogram(v, 'x', x_axis, x_step, x_most), segment.brushed_histogram(v, 'y', y_axis, y_step, y_most))::jsonb);
END
$$;
COMMENT ON FUNCTION segment.scatter_chart(segment.version, segment.scored_row[], text) IS
	'scatter of the two leading features of a version, by persona, with the centroids, along it a histogram of each, and how many customers are in a rectangle that is drawn in the scatter, which the histograms show, too; NULL if it has one feature. of_whom: what the title adds';

CREATE FUNCTION segment.sizes_chart(v segment.version) RETURNS jsonb
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT segment.vega_lite(
		'Customers per persona',
		jsonb_build_object('personas', jsonb_agg(jsonb_build_object('persona', c.persona, 'customers', c.size, 'share', c.share) ORDER BY c.cluster)),
		format($json${
			"width": 480, "height": %2$s,
			"data": {"name": "personas"},
			"encoding": {
				"y": {"field": "persona", "type": "nominal", "sort": null, "title": null},
				"x": {"field": "customers", "type": "quantitative"},
				"opacity": {"condition": {"param": "persona", "value": 1}, "value": 0.25},
				"tooltip": [{"field": "persona"}, {"field": "customers", "type": "quantitative"}, {"field": "share", "type": "quantitative", "format": ".1%%"}]
			},
			"layer": [
				{
					"params": [{"name": "persona", "select": {"type": "point", "fields": ["persona"]}}],
					"mark": {"type": "bar", "cursor": "pointer"},
					"encoding": {"color": {"field": "persona", "type": "nominal", "legend": null, "scale": %1$s}}
				},
				{
					"mark": {"type": "text", "align": "left", "dx": 4},
					"encoding": {"text": {"field": "share", "type": "quantitative", "format": ".0%%"}}
				}
			]
		}$json$, segment.persona_scale(v), 28 * count(*))::jsonb)
	FROM segment.clusters_of(v) AS c;
END;
COMMENT ON FUNCTION segment.sizes_chart(segment.version) IS 'bars of the customers that each persona of a version had in the fit';

CREATE FUNCTION segment.profile_chart(v segment.version) RETURNS jsonb
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT segment.vega_lite(
		'What sets each persona apart: z-scores of its means',
		jsonb_build_object('profile', jsonb_agg(jsonb_build_object('persona', c.persona, 'feature', f.feature,
			'mean', f.mean, 'spread', f.spread, 'z', f.z, 'word', f.word) ORDER BY c.cluster, f."position")),
		format($json${
			"width": 480, "height": %4$s,
			"data": {"name": "profile"},
			"encoding": {
				"y": {"field": "persona", "type": "nominal", "sort": null, "title": null},
				"x": {"field": "feature", "type": "nominal", "sort": null, "title": null, "axis": {"labelAngle": -30}},
				"opacity": {"condition": {"param": "persona", "value": 1}, "value": 0.25},
				"tooltip": [
					{"field": "persona"}, {"field": "feature"}, {"field": "word", "title": "in a word"},
					{"field": "mean", "type": "quantitative", "format": ".4~g"}, {"field": "spread", "type": "quantitative", "format": ".4~g"},
					{"field": "z", "type": "quantitative", "title": "z-score", "format": ".2f"}
				]
			},
			"layer": [
				{
					"params": [{"name": "persona", "select": {"type": "point", "fields": ["persona"]}}],
					"mark": {"type": "rect", "cursor": "pointer"},
					"encoding": {"color": {
						"field": "z", "type": "quantitative", "title": "z-score",
						"scale": {"scheme": "blueorange", "reverse": true, "domain": [%1$s, %2$s], "domainMid": 0}
					}}
				},
				{
					"mark": {"type": "text"},
					"encoding": {
						"text": {"field": "z", "type": "quantitative", "format": "+.1f"},
						"color": {"condition": {"test": "abs(datum.z) > %3$s", "value": "white"}, "value": "black"}
					}
				}
			]
		}$json$, -greatest(1, max(abs(f.z))), greatest(1, max(abs(f.z))), 0.6 * greatest(1, max(abs(f.z))), 32 * count(DISTINCT c.cluster))::jsonb)
	FROM segment.clusters_of(v) AS c
	JOIN segment.model AS m ON m.id = v.model_id
	JOIN LATERAL segment.portrait(v.clustering, m.features) AS f ON f.cluster = c.number;
END;
COMMENT ON FUNCTION segment.profile_chart(segment.version) IS 'heat map of the z-scores of segment.profile() by persona and feature, of a version';

CREATE FUNCTION segment.top_merges(tree @extschema@.dendrogram, most int)
	RETURNS TABLE (id int, x float8, height float8, customers bigint, parent int)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 40
BEGIN ATOMIC
	WITH RECURSIVE merge AS MATERIALIZED (
		SELECT * FROM @extschema@.dendrogram_merges(tree)
	), cut AS (
		SELECT max(merge.step) AS root, max(merge.step) - most AS last_hidden FROM merge
	), node AS (
		SELECT cut.root AS id, NULL::int AS parent, '' AS path FROM cut WHERE cut.root IS NOT NULL
		UNION ALL
		SELECT child.id, node.id, node.path || child.side
		FROM node
		JOIN merge ON merge.step = node.id
		CROSS JOIN LATERAL (VALUES (merge.left_id, '0'), (merge.right_id, '1')) AS child(id, side)
		WHERE node.id > (SELECT cut.last_hidden FROM cut)
	), tip AS (
		SELECT node.path, row_number() OVER (ORDER BY node.path COLLATE "C") AS x
		FROM node WHERE node.id <= (SELECT greatest(cut.last_hidden, 0) FROM cut)
	)
	SELECT node.id, (SELECT (min(tip.x) + max(tip.x)) / 2.0 FROM tip WHERE starts_with(tip.path, node.path))::float8,
		CASE WHEN node.id > (SELECT cut.last_hidden FROM cut) AND node.id > 0 THEN merge.height ELSE 0 END,
		coalesce(merge.size, (SELECT l.weight FROM @extschema@.dendrogram_leaves(tree) AS l WHERE l.leaf = -node.id)), node.parent
	FROM node LEFT JOIN merge ON merge.step = node.id
	ORDER BY node.path COLLATE "C";
END;
COMMENT ON FUNCTION segment.top_merges(@extschema@.dendrogram, int) IS
	'the last merges of a tree, that many at most, and what they merge: numbers as in dendrogram_merges, a place from left to right so that no lines cross, the height (0 for what is not taken apart further), the rows below, and the merge above; nothing for a tree of one leaf';

CREATE FUNCTION segment.dendrogram_chart(tree @extschema@.dendrogram, linkage text, of_whom text) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	lines jsonb;
	tips jsonb;
BEGIN
	WITH node AS (
		SELECT * FROM segment.top_merges(tree, 19)
	)
	SELECT jsonb_agg(jsonb_build_object('x', s.x, 'x2', s.x2, 'y', s.y, 'y2', s.y2, 'height', s.height, 'customers', s.customers)) INTO lines
		FROM (
			SELECT n.x, n.x AS x2, n.height AS y, p.height AS y2, p.height, n.customers
			FROM node AS n JOIN node AS p ON p.id = n.parent
			UNION ALL
			SELECT min(n.x), max(n.x), p.height, p.height, p.height, p.customers
			FROM node AS n JOIN node AS p ON p.id = n.parent GROUP BY p.id, p.height, p.customers) AS s;
	IF lines IS NULL THEN
		RETURN NULL;
	END IF;
	SELECT jsonb_agg(jsonb_build_object('x', n.x, 'customers', n.customers) ORDER BY n.x) INTO tips
		FROM segment.top_merges(tree, 19) AS n
		WHERE n.height = 0;
	RETURN segment.vega_lite(
		format('How customers merge: the top of the tree, %s linkage%s', linkage, of_whom),
		jsonb_build_object('lines', lines, 'tips', tips),
		$json${
			"width": 480, "height": 300,
			"encoding": {"x": {"field": "x", "type": "quantitative", "axis": null, "scale": {"zero": false, "padding": 12}}},
			"layer": [
				{
					"data": {"name": "lines"},
					"mark": {"type": "rule", "strokeWidth": 2, "aria": false},
					"encoding": {
						"x2": {"field": "x2"}, "y": {"field": "y", "type": "quantitative", "title": "height"}, "y2": {"field": "y2"},
						"tooltip": [{"field": "height", "type": "quantitative", "format": ".4~g"}, {"field": "customers", "type": "quantitative"}]
					}
				},
				{
					"data": {"name": "tips"},
					"mark": {"type": "text", "baseline": "top", "dy": 4, "fontSize": 10},
					"encoding": {"y": {"datum": 0}, "text": {"field": "customers"}, "tooltip": {"field": "customers"}}
				}
			]
		}$json$);
END
$$;
COMMENT ON FUNCTION segment.dendrogram_chart(@extschema@.dendrogram, text, text) IS
	'the top of a tree, made with that linkage; NULL if it has one leaf. of_whom: what the title adds';

CREATE FUNCTION segment.clusterings_chart(clusterings jsonb, index text, of_whom text) RETURNS jsonb
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT segment.vega_lite(
		format('%s by number of clusters%s', initcap(index), of_whom),
		jsonb_build_object('clusterings', clusterings),
		format($json${
			"width": 480, "height": 220,
			"data": {"name": "clusterings"},
			"encoding": {
				"x": {"field": "k", "type": "ordinal", "title": "clusters", "axis": {"labelAngle": 0}},
				"y": {"field": %1$s, "type": "quantitative"},
				"tooltip": [
					{"field": "k", "title": "clusters"}, {"field": %1$s, "type": "quantitative", "format": ".4~g"},
					{"field": "votes", "type": "quantitative", "title": "indices that vote for it"}
				]
			},
			"layer": [
				{"mark": {"type": "line"}},
				{
					"mark": {"type": "point", "filled": true, "opacity": 1},
					"encoding": {
						"size": {"condition": {"test": "datum.model", "value": 250}, "value": 50},
						"shape": {"condition": {"test": "datum.model", "value": "diamond"}, "value": "circle"}
					}
				}
			]
		}$json$, to_jsonb(index))::jsonb);
END;
COMMENT ON FUNCTION segment.clusterings_chart(jsonb, text, text) IS
	'line of an index of segment.choose_k(), inertia or silhouette, by number of clusters; that of the model stands out. of_whom: what the title adds';

CREATE FUNCTION segment.bin_width(low float8, high float8) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN low < high
		THEN (SELECT min(u.unit * f.factor) FROM (VALUES (1), (2), (5), (10)) AS f(factor) WHERE u.unit * f.factor >= u.least)
		ELSE 1 END
	FROM (
		SELECT w.least, power(10::float8, floor(log(w.least))) AS unit
		FROM (SELECT nullif(high / 30 - low / 30, 0) AS least) AS w) AS u;
END;
COMMENT ON FUNCTION segment.bin_width(float8, float8) IS
	'width of the bins of a histogram between two numbers: 1, 2 or 5 times a power of ten, the least that makes 30 bins or fewer; 1 if the numbers are equal';

CREATE FUNCTION segment.distribution_chart(v segment.version, rows segment.scored_row[], "position" int, of_whom text) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	feature CONSTANT text := m.features["position"] FROM segment.model AS m WHERE m.id = v.model_id;
	width CONSTANT float8 := segment.bin_width(min(r.features["position"]), max(r.features["position"])) FROM unnest(rows) AS r;
	bins jsonb;
	axis jsonb;
BEGIN
	SELECT jsonb_agg(jsonb_build_object('persona', b.persona, 'low', b.bin * width, 'high', (b.bin + 1) * width, 'customers', b.customers)
				ORDER BY b.bin, b.cluster),
			segment.axis_of(feature, min(b.bin) * width, (max(b.bin) + 1) * width)
		INTO bins, axis
		FROM (
			SELECT c.cluster, c.persona, floor(r.features["position"] / width) AS bin, count(*) AS customers
			FROM unnest(rows) AS r JOIN segment.clusters_of(v) AS c ON c.persona = r.persona
			GROUP BY c.cluster, c.persona, bin) AS b;
	RETURN segment.vega_lite(
		format('Distribution of %s%s', feature, of_whom),
		jsonb_build_object('bins', bins),
		format($json${
			"width": 480, "height": 220,
			"data": {"name": "bins"},
			"params": [{"name": "persona", "select": {"type": "point", "fields": ["persona"]}, "bind": "legend"}],
			"transform": [{"filter": {"param": "persona"}}],
			"mark": {"type": "bar", "aria": false},
			"encoding": {
				"x": %1$s, "x2": {"field": "high"},
				"y": {"field": "customers", "type": "quantitative"},
				"color": {"field": "persona", "type": "nominal", "title": null, "scale": %2$s},
				"tooltip": [
					{"field": "persona"}, {"field": "low", "type": "quantitative", "title": "from"},
					{"field": "high", "type": "quantitative", "title": "below"}, {"field": "customers", "type": "quantitative"}
				]
			}
		}$json$, axis || '{"field": "low", "bin": "binned"}', segment.persona_scale(v))::jsonb);
END
$$;
COMMENT ON FUNCTION segment.distribution_chart(segment.version, segment.scored_row[], int, text) IS
	'histogram of one feature of a version, by persona. of_whom: what the title adds';

CREATE FUNCTION segment.migration_chart(m segment.model, by_value text) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most CONSTANT int := 20;
	is_whole CONSTANT boolean := m.by_column IS NOT NULL AND by_value IS NULL;
	others CONSTANT text := CASE WHEN is_whole THEN 'other personas' ELSE 'other groups' END;
	nowhere CONSTANT text := 'no persona';
	times CONSTANT text[] := segment.last_two_days(m.id);
	names text[];
	flows jsonb;
BEGIN
	IF times IS NULL THEN
		RETURN NULL;
	END IF;
	WITH flow AS MATERIALIZED (
		SELECT * FROM segment.migration(m.model) AS g
		WHERE migration_chart.by_value IS NULL OR g.from_by_value = migration_chart.by_value OR g.to_by_value = migration_chart.by_value
	), name AS (
		SELECT n.persona, CASE WHEN is_whole THEN -sum(n.customers) ELSE min(n.cluster) END AS place
		FROM (
			SELECT g.from_by_value, g.from_cluster, g.from_persona, g.customers FROM flow AS g
			UNION ALL
			SELECT g.to_by_value, g.to_cluster, g.to_persona, g.customers FROM flow AS g) AS n(by_value, cluster, persona, customers)
		WHERE n.persona IS NOT NULL AND (migration_chart.by_value IS NULL OR n.by_value = migration_chart.by_value)
		GROUP BY n.persona ORDER BY place, n.persona COLLATE "C" LIMIT CASE WHEN is_whole THEN most END
	), kept AS (
		SELECT array_agg(n.persona ORDER BY n.place, n.persona COLLATE "C") || ARRAY[others, nowhere] AS names FROM name AS n
	), labelled AS (
		SELECT p.label AS "from", q.label AS "to", sum(g.customers) AS customers
		FROM flow AS g
		CROSS JOIN kept AS k
		CROSS JOIN LATERAL (SELECT CASE WHEN g.from_cluster IS NULL THEN nowhere
			WHEN g.from_by_value <> migration_chart.by_value OR g.from_persona <> ALL (k.names) THEN others ELSE g.from_persona END AS label) AS p
		CROSS JOIN LATERAL (SELECT CASE WHEN g.to_cluster IS NULL THEN nowhere
			WHEN g.to_by_value <> migration_chart.by_value OR g.to_persona <> ALL (k.names) THEN others ELSE g.to_persona END AS label) AS q
		GROUP BY p.label, q.label
	)
	SELECT jsonb_agg(jsonb_build_object('from', l."from", 'to', l."to", 'customers', l.customers, 'share', l.share)
				ORDER BY array_position(k.names, l."from"), array_position(k.names, l."to")),
			max(k.names)
		INTO flows, names
		FROM (
			SELECT a.*, (a.customers / sum(a.customers) OVER (PARTITION BY a."from"))::float8 AS share FROM labelled AS a) AS l
		CROSS JOIN kept AS k;
	IF flows IS NULL THEN
		RETURN NULL;
	END IF;
	RETURN segment.vega_lite(
		format('Who moved where, from %s to %s%s', times[1], times[2], CASE WHEN is_whole THEN ', of all groups' END),
		jsonb_build_object('flows', flows),
		format($json${
			"width": 480, "height": %2$s,
			"data": {"name": "flows"},
			"encoding": {
				"y": {"field": "from", "type": "nominal", "sort": %1$s, "title": "from"},
				"x": {"field": "to", "type": "nominal", "sort": %1$s, "title": "to", "axis": {"labelAngle": -30}},
				"tooltip": [
					{"field": "from"}, {"field": "to"}, {"field": "customers", "type": "quantitative"},
					{"field": "share", "type": "quantitative", "title": "of all from there", "format": ".1%%"}
				]
			},
			"layer": [
				{
					"mark": {"type": "rect"},
					"encoding": {"color": {
						"field": "share", "type": "quantitative", "title": "share of all from there",
						"scale": {"scheme": "blues", "domain": [0, 1]}, "legend": {"format": ".0%%"}
					}}
				},
				{
					"mark": {"type": "text"},
					"encoding": {
						"text": {"field": "customers", "type": "quantitative", "format": ",d"},
						"color": {"condition": {"test": "datum.share > 0.5", "value": "white"}, "value": "black"}
					}
				}
			]
		}$json$, to_jsonb(names), 32 * (SELECT count(DISTINCT f ->> 'from') FROM jsonb_array_elements(flows) AS f))::jsonb);
END
$$;
COMMENT ON FUNCTION segment.migration_chart(segment.model, text) IS
	'heat map of segment.migration() between the last two snapshots of a model, NULL if it has fewer; of a group its clusters, where all other groups are one more place; of a model by groups as a whole the names of its personas, in whatever group, 20 of them at most';

CREATE FUNCTION segment.charts_of_groups(m segment.model) RETURNS TABLE (name text, title text, spec jsonb)
	LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 4
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most CONSTANT int := 20;
	colours CONSTANT int := 9;
	others CONSTANT text := 'other personas';
	groups int;
	personas int;
	sizes jsonb;
	parts jsonb;
	shares jsonb;
	totals jsonb;
	names jsonb;
	of_groups text;
	of_personas text;
BEGIN
	PERFORM segment.check_active(m);
	SELECT max(c.group_rank), max(c.persona_rank) INTO groups, personas FROM segment.clusters_of_groups(m.id) AS c;
	IF groups > most THEN
		of_groups := format('the %s largest of %s groups', most, to_char(groups, 'FM999,999,999'));
	END IF;
	IF personas > most THEN
		of_personas := format('the %s largest of %s personas', most, to_char(personas, 'FM999,999,999'));
	END IF;
	WITH c AS (
		SELECT * FROM segment.clusters_of_groups(m.id)
	), "group" AS (
		SELECT jsonb_agg(jsonb_build_object('group', g.by_value, 'customers', g.customers, 'share', g.share, 'personas', g.personas) ORDER BY g.group_rank) AS data
		FROM (
			SELECT c.group_rank, c.by_value, c.customers, (c.customers / sum(c.customers) OVER ())::float8 AS share, count(*) AS personas
			FROM c GROUP BY c.group_rank, c.by_value, c.customers) AS g
		WHERE g.group_rank <= most
	), part AS (
		SELECT jsonb_agg(jsonb_build_object('group', p.by_value, 'persona', p.persona, 'customers', p.size, 'share', p.share, 'rank', p.rank)
			ORDER BY p.group_rank, p.rank) AS data
		FROM (
			SELECT c.group_rank, c.by_value, least(c.persona_rank, colours + 1) AS rank, CASE WHEN c.persona_rank > colours THEN others ELSE c.persona END AS persona,
				sum(c.size) AS size, (sum(c.size) / c.customers)::float8 AS share
			FROM c WHERE c.group_rank <= most GROUP BY c.group_rank, c.by_value, c.customers, 3, 4) AS p
	), share AS (
		SELECT jsonb_agg(jsonb_build_object('group', c.by_value, 'persona', c.persona, 'customers', c.size, 'share', c.share) ORDER BY c.group_rank, c.persona_rank) AS data
		FROM c WHERE c.group_rank <= most AND c.persona_rank <= most
	), total AS (
		SELECT jsonb_agg(jsonb_build_object('persona', t.persona, 'customers', t.size, 'share', t.share, 'groups', t.groups) ORDER BY t.persona_rank) AS data,
			jsonb_agg(t.persona ORDER BY t.persona_rank) FILTER (WHERE t.persona_rank <= colours) AS names
		FROM (
			SELECT c.persona_rank, c.persona, sum(c.size) AS size, (sum(c.size) / sum(sum(c.size)) OVER ())::float8 AS share, count(*) AS groups
			FROM c GROUP BY c.persona_rank, c.persona) AS t
		WHERE t.persona_rank <= most
	)
	SELECT g.data, p.data, s.data, t.data, t.names || CASE WHEN personas > colours THEN to_jsonb(others) ELSE '[]' END
		INTO sizes, parts, shares, totals, names
		FROM "group" AS g, part AS p, share AS s, total AS t;

	name := 'groups';
	title := concat('Customers per ', m.by_column, ' (' || of_groups || ')');
	spec := segment.vega_lite(title, jsonb_build_object('groups', sizes), format($json${
			"width": 480, "height": %s,
			"data": {"name": "groups"},
			"encoding": {
				"y": {"field": "group", "type": "nominal", "sort": null, "title": %s},
				"x": {"field": "customers", "type": "quantitative"},
				"tooltip": [
					{"field": "group", "title": %2$s}, {"field": "customers", "type": "quantitative"},
					{"field": "share", "type": "quantitative", "title": "share of all", "format": ".1%%"}, {"field": "personas", "type": "quantitative"}
				]
			},
			"layer": [
				{"mark": {"type": "bar"}},
				{"mark": {"type": "text", "align": "left", "dx": 4}, "encoding": {"text": {"field": "share", "type": "quantitative", "format": ".1%%"}}}
			]
		}$json$, 28 * least(groups, most), to_jsonb(m.by_column))::jsonb);
	RETURN NEXT;

	name := 'personas by group';
	title := concat('Personas by ', m.by_column, ' (' || of_groups || ')');
	spec := segment.vega_lite(title, jsonb_build_object('parts', parts), format($json${
			"width": 480, "height": %1$s,
			"data": {"name": "parts"},
			"params": [{"name": "persona", "select": {"type": "point", "fields": ["persona"]}, "bind": "legend"}],
			"mark": {"type": "bar"},
			"encoding": {
				"y": {"field": "group", "type": "nominal", "sort": null, "title": %2$s},
				"x": {"field": "customers", "type": "quantitative", "stack": "normalize", "title": "share of the customers", "axis": {"format": ".0%%"}},
				"order": {"field": "rank", "type": "quantitative"},
				"color": {"field": "persona", "type": "nominal", "title": null, "scale": {"domain": %3$s, "scheme": "tableau10"}},
				"opacity": {"condition": {"param": "persona", "value": 1}, "value": 0.25},
				"tooltip": [
					{"field": "group", "title": %2$s}, {"field": "persona"}, {"field": "customers", "type": "quantitative"},
					{"field": "share", "type": "quantitative", "format": ".1%%"}
				]
			}
		}$json$, 28 * least(groups, most), to_jsonb(m.by_column), names)::jsonb);
	RETURN NEXT;

	name := 'shares';
	title := concat('Share of each persona by ', m.by_column, ' (' || nullif(concat_ws(', ', of_groups, of_personas), '') || ')');
	spec := segment.vega_lite(title, jsonb_build_object('shares', shares), format($json${
			"width": 480, "height": %1$s,
			"data": {"name": "shares"},
			"encoding": {
				"y": {"field": "group", "type": "nominal", "sort": null, "title": %2$s},
				"x": {"field": "persona", "type": "nominal", "sort": %3$s, "title": null, "axis": {"labelAngle": -30}},
				"tooltip": [
					{"field": "group", "title": %2$s}, {"field": "persona"}, {"field": "customers", "type": "quantitative"},
					{"field": "share", "type": "quantitative", "format": ".1%%"}
				]
			},
			"layer": [
				{
					"mark": {"type": "rect"},
					"encoding": {"color": {
						"field": "share", "type": "quantitative", "title": "share of the group",
						"scale": {"scheme": "blues", "domain": [0, 1]}, "legend": {"format": ".0%%"}
					}}
				},
				{
					"mark": {"type": "text"},
					"encoding": {
						"text": {"field": "share", "type": "quantitative", "format": ".0%%"},
						"color": {"condition": {"test": "datum.share > 0.5", "value": "white"}, "value": "black"}
					}
				}
			]
		}$json$, 28 * least(groups, most), to_jsonb(m.by_column), (SELECT jsonb_agg(t -> 'persona' ORDER BY o) FROM jsonb_array_elements(totals) WITH ORDINALITY AS e(t, o)))::jsonb);
	RETURN NEXT;

	name := 'personas';
	title := concat('Customers per persona, in all groups', ' (' || of_personas || ')');
	spec := segment.vega_lite(title, jsonb_build_object('personas', totals), format($json${
			"width": 480, "height": %1$s,
			"data": {"name": "personas"},
			"encoding": {
				"y": {"field": "persona", "type": "nominal", "sort": null, "title": null},
				"x": {"field": "customers", "type": "quantitative"},
				"tooltip": [
					{"field": "persona"}, {"field": "customers", "type": "quantitative"}, {"field": "share", "type": "quantitative", "title": "share of all", "format": ".1%%"},
					{"field": "groups", "type": "quantitative", "title": "groups that have it"}
				]
			},
			"layer": [
				{"mark": {"type": "bar"}},
				{"mark": {"type": "text", "align": "left", "dx": 4}, "encoding": {"text": {"field": "share", "type": "quantitative", "format": ".1%%"}}}
			]
		}$json$, 28 * least(personas, most))::jsonb);
	RETURN NEXT;

	name := 'migration';
	spec := segment.migration_chart(m, NULL);
	title := spec ->> 'title';
	IF spec IS NOT NULL THEN
		RETURN NEXT;
	END IF;
END
$$;
COMMENT ON FUNCTION segment.charts_of_groups(segment.model) IS
	'segment.charts() of a model by groups as a whole: sizes and personas of up to 20 groups, those with the most customers, and up to 20 personas; and who moved';

CREATE FUNCTION segment.charts_of_model(model text, by_value text, search_path text) RETURNS TABLE (name text, title text, spec jsonb)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most CONSTANT int := 5000;
	rows segment.scored_row[];
	customers bigint;
	of_whom text := '';
	m segment.model;
	v segment.version;
	linkage text;
	sketch @extschema@.cluster_sketch;
	tree @extschema@.dendrogram;
	clusterings jsonb;
BEGIN
	SELECT * INTO STRICT m FROM segment.model AS l WHERE l.id = segment.readable_model_id(charts_of_model.model);
	IF m.by_column IS NOT NULL AND by_value IS NULL THEN
		RETURN QUERY SELECT * FROM segment.charts_of_groups(m);
		RETURN;
	END IF;
	v := segment.group_of(m.id, by_value);
	BEGIN
		SELECT s.rows, s.customers INTO rows, customers FROM segment.sample_rows(v, charts_of_model.search_path, most) AS s;
	EXCEPTION WHEN insufficient_privilege OR undefined_table OR undefined_column THEN
		RAISE NOTICE 'charts of model "%" that need its customers are left out: %', model, SQLERRM;
	END;
	IF customers > most THEN
		of_whom := format(' (a sample of %s of %s customers)', to_char(most, 'FM999,999'), to_char(customers, 'FM999,999,999,999,999'));
	END IF;
	linkage := coalesce(m.options ->> 'linkage', 'ward');
	BEGIN
		SELECT @extschema@.cluster_sketch(r.features) INTO sketch FROM unnest(rows) AS r;
		tree := @extschema@.hclust(sketch, linkage, m.scale);
		SELECT jsonb_agg(jsonb_build_object('k', k.k, 'inertia', k.inertia, 'silhouette', k.silhouette, 'votes', k.votes,
				'model', k.k = (SELECT count(*) FROM segment.clusters_of(v))) ORDER BY k.k)
			INTO clusterings
			FROM segment.choose_k_of_sketch(sketch, 2, 10, m.scale, m.seed) AS k
			HAVING count(*) > 1;
	EXCEPTION WHEN program_limit_exceeded THEN
		RAISE NOTICE 'charts of model "%" that cluster its customers anew are left out: %', model, SQLERRM;
	END;
	RETURN QUERY
		SELECT c.name, t.title, c.spec || jsonb_build_object('title', t.title, 'description', t.title)
		FROM (
			SELECT 1 AS part, 0 AS rank, 'scatter' AS name, segment.scatter_chart(v, rows, of_whom) AS spec WHERE rows IS NOT NULL
			UNION ALL
			SELECT 2, 0, 'sizes', segment.sizes_chart(v)
			UNION ALL
			SELECT 3, 0, 'profile', segment.profile_chart(v)
			UNION ALL
			SELECT 4, 1, 'elbow', segment.clusterings_chart(clusterings, 'inertia', of_whom)
			UNION ALL
			SELECT 4, 2, 'silhouette', segment.clusterings_chart(clusterings, 'silhouette', of_whom)
			UNION ALL
			SELECT 4, 3, 'dendrogram', segment.dendrogram_chart(tree, linkage, of_whom)
			UNION ALL
			SELECT 5, f.rank, 'distribution of ' || f.feature, segment.distribution_chart(v, rows, f."position", of_whom)
			FROM segment.leading_features(v) AS f WHERE rows IS NOT NULL
			UNION ALL
			SELECT 6, 0, 'migration', segment.migration_chart(m, v.by_value)) AS c
		CROSS JOIN LATERAL (
			SELECT concat(segment.group_name(v) || ': ', c.spec ->> 'title') AS title) AS t
		WHERE c.spec IS NOT NULL
		ORDER BY c.part, c.rank;
END
$$;
COMMENT ON FUNCTION segment.charts_of_model(text, text, text) IS
	'segment.charts with the caller''s search_path as the last argument; to be called through segment.charts';

CREATE FUNCTION segment.charts(model text, by_value text DEFAULT NULL) RETURNS TABLE (name text, title text, spec jsonb)
	LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
	SELECT c.name, c.title, c.spec FROM segment.charts_of_model(charts.model, charts.by_value, current_setting('search_path')) AS c;
END;
COMMENT ON FUNCTION segment.charts(text, text) IS
	'charts of a model, the current role''s own or one shared with it, a row per chart: spec is a specification in Vega-Lite 6, with its data in datasets, which web pages, notebooks and BI tools draw. '
	'scatter: the two features that set the clusters apart the most, by persona, with the centroids, and along it their histograms, which follow a rectangle drawn in it; sizes: customers per persona in the fit; profile: z-scores of the means as a heat map; '
	'elbow and silhouette: inertia and silhouette of two to ten clusters by k-means, as segment.choose_k() finds them; dendrogram: the last merges of the tree over the customers, with the linkage of the model (without one, Ward''s); distribution of ...: a histogram of each feature by persona; migration, with two snapshots or more: who moved where between the last two, as a heat map. '
	'Customers are those in the source now, read with the rights of the caller; of more than 5,000, a sample that is the same every time, which the title says. Without the right to read them, or without the source, their charts are left out, with a NOTICE, and so are those that cluster them anew (elbow, silhouette, dendrogram) if segment.max_memory is too small for that. '
	'by_value: of a model by groups, the group whose charts they are, of its customers alone; in migration all other groups are one more place. NULL: of such a model as a whole, without its source: groups: customers per group; personas by group: shares of the personas, nine of them and all others, as stacked bars; shares: the same as a heat map; personas: customers per persona in all groups; migration: from persona to persona, by their names, in whatever group. Of more than 20 groups or personas these show the 20 with the most customers, as their titles say. '
	'O(two scans of the source), and the work of segment.choose_k() for the sample. Errors: no such model (42704), several of that name by other roles (42P09); a by_value that is no group (42704), or of a model without groups (22023); no active version (55000)';
