-- segment.report: a page that shows a model to people who never saw the database.

CREATE FUNCTION segment.asset(name text) RETURNS text
	AS 'MODULE_PATHNAME', 'segment_asset' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION segment.asset(text) IS
	'text of a file that segment.report() draws with, from the extension''s share folder: segment-report.css, segment-report.js, segment-vega.min.js, segment-vega-lite.min.js, segment-vega-embed.min.js, segment-report-licences.txt. '
	'Errors: another name (22023); the file is not installed (58P01)';

CREATE FUNCTION segment.html(value text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT replace(replace(replace(replace(replace(value, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;');
END;
COMMENT ON FUNCTION segment.html(text) IS 'text as HTML, in which it stays text, between tags and in quoted attributes';

-- Between <script> tags HTML knows no escapes: what would end the script, or begin another, is written otherwise. In JavaScript
-- it can only stand in a string, a pattern or a comment, where \x3c means or does the same.
CREATE FUNCTION segment.script_text(value text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT regexp_replace(value, '<(?=/script|script|!--)', '\x3c', 'gi');
END;
COMMENT ON FUNCTION segment.script_text(text) IS 'a script, as it can stand between script tags';

CREATE FUNCTION segment.report_personas(v segment.version) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format($html$<section>
<h2>Personas</h2>
<div class="wide" tabindex="0" role="region" aria-label="Personas">
<table>
<thead><tr><th scope="col">Persona</th><th scope="col" class="number">Customers</th><th scope="col" class="number">Share</th><th scope="col">Profile</th><th scope="col">What to do</th></tr></thead>
<tbody>
%s
</tbody>
</table>
</div>
</section>$html$,
		string_agg(format('<tr><th scope="row" dir="auto">%s</th><td class="number">%s</td><td class="number">%s&#8239;%%</td><td dir="auto">%s</td><td dir="auto">%s</td></tr>',
			segment.html(c.persona), to_char(c.size, 'FM999,999,999,999,999'), to_char(100 * c.share, 'FM990.0'),
			segment.html(t.profile), coalesce(segment.html(c.note), '')), E'\n' ORDER BY c.cluster))
	FROM segment.clusters_of(v) AS c
	JOIN segment.model AS m ON m.id = v.model_id
	JOIN LATERAL segment.profile_texts(v.clustering, m.features) AS t ON t.cluster = c.number;
END;
COMMENT ON FUNCTION segment.report_personas(segment.version) IS 'part of segment.report(): a table of the personas, for those who cannot see the charts, too';

CREATE FUNCTION segment.report_groups(m segment.model) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	WITH g AS (
		SELECT c.group_rank, c.by_value, c.customers, c.customers / sum(c.customers) OVER () AS share, count(*) AS personas,
			(array_agg(c.persona ORDER BY c.size DESC, c.cluster))[1] AS largest
		FROM segment.clusters_of_groups(m.id) AS c GROUP BY c.group_rank, c.by_value, c.customers
	)
	SELECT format($html$<section>
<h2>Groups%s</h2>
<div class="wide" tabindex="0" role="region" aria-label="Groups">
<table>
<thead><tr><th scope="col" dir="auto">%s</th><th scope="col" class="number">Customers</th><th scope="col" class="number">Share</th><th scope="col" class="number">Personas</th><th scope="col">Largest persona</th></tr></thead>
<tbody>
%s
</tbody>
</table>
</div>
</section>$html$,
		CASE WHEN count(*) > 20 THEN format(' (the 20 largest of %s)', to_char(count(*), 'FM999,999,999')) END, segment.html(m.by_column),
		string_agg(format('<tr><th scope="row" dir="auto">%s</th><td class="number">%s</td><td class="number">%s&#8239;%%</td><td class="number">%s</td><td dir="auto">%s</td></tr>',
			segment.html(left(g.by_value, 60)), to_char(g.customers, 'FM999,999,999,999,999'), to_char(100 * g.share, 'FM990.0'), g.personas, segment.html(g.largest)),
			E'\n' ORDER BY g.group_rank) FILTER (WHERE g.group_rank <= 20))
	FROM g;
END;
COMMENT ON FUNCTION segment.report_groups(segment.model) IS 'part of segment.report() of a model by groups as a whole: a table of the groups, of the 20 with the most customers';

CREATE FUNCTION segment.report_choice(scale jsonb) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format(E'<nav class="choice" aria-label="Personas shown" data-scheme="%s" hidden>\n%s\n</nav>', scale ->> 'scheme',
		string_agg(format('<button type="button" aria-pressed="false" data-persona="%1$s" dir="auto"><i></i>%1$s</button>', segment.html(p.persona)),
			E'\n' ORDER BY p.place))
	FROM jsonb_array_elements_text(scale -> 'domain') WITH ORDINALITY AS p(persona, place);
END;
COMMENT ON FUNCTION segment.report_choice(jsonb) IS
	'part of segment.report(): a button for each persona of a scale of colours (see segment.persona_scale), which chooses what the charts show';

CREATE FUNCTION segment.report_header(m segment.model, by_value text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH v AS (
		SELECT a.*, s.k, s.rows FROM segment.version AS a
		CROSS JOIN LATERAL (SELECT count(*) AS k, sum(t.size) AS rows FROM @extschema@.cluster_stats(a.clustering) AS t) AS s
		WHERE a.model_id = m.id AND a.active AND (report_header.by_value IS NULL OR a.by_value = report_header.by_value)
	)
	SELECT format($html$<header>
<h1 dir="auto">%s</h1>
<p class="facts" dir="auto">%s of %s customers by %s</p>
<p class="facts" dir="auto">%s, scale %s, version %s of %s, from %s</p>
</header>$html$,
		segment.html(concat_ws(', ', m.model, m.by_column || ' ' || left(report_header.by_value, 60))),
		concat(to_char(sum(v.k), 'FM999,999,999'), ' personas', CASE WHEN m.by_column IS NOT NULL AND report_header.by_value IS NULL THEN format(' in %s groups', to_char(count(*), 'FM999,999,999')) END),
		to_char(sum(v.rows), 'FM999,999,999,999,999'), segment.html(array_to_string(m.features, ', ')),
		m.method, m.scale, max(v.version), to_char(max(v.fitted_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD'), segment.html(max(v.source)))
	FROM v;
END;
COMMENT ON FUNCTION segment.report_header(segment.model, text) IS
	'part of segment.report(): name of the model, and of the group if one is given by its text, what it was fitted on, how and when';

CREATE FUNCTION segment.report_of_model(model text, by_value text, search_path text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m segment.model;
	v segment.version;
	-- A missing file is told before the customers are read.
	style CONSTANT text := segment.asset('segment-report.css');
	libraries CONSTANT text := segment.asset('segment-vega.min.js') || E'\n;' || segment.asset('segment-vega-lite.min.js') || E'\n;'
		|| segment.asset('segment-vega-embed.min.js');
	drawing CONSTANT text := segment.asset('segment-report.js');
	licences CONSTANT text := segment.asset('segment-report-licences.txt');
	figures text;
	charts jsonb;
	scale jsonb;
BEGIN
	SELECT * INTO STRICT m FROM segment.model AS l WHERE l.id = segment.readable_model_id(report_of_model.model);
	IF m.by_column IS NULL OR by_value IS NOT NULL THEN
		v := segment.group_of(m.id, by_value);
	END IF;
	SELECT string_agg(format(E'<section class="chart">\n<h2 dir="auto">%s</h2>\n<div class="drawing" id="chart-%s"></div>\n</section>',
				segment.html(c.title), c.ordinality), E'\n' ORDER BY c.ordinality),
			jsonb_agg(jsonb_build_object('name', c.name, 'spec', c.spec) ORDER BY c.ordinality),
			jsonb_agg(c.spec #> '{encoding,color,scale}') FILTER (WHERE c.name = 'personas by group') -> 0
		INTO figures, charts, scale
		FROM segment.charts_of_model(model, by_value, report_of_model.search_path) WITH ORDINALITY AS c;

	-- The policy allows what is in the page and nothing else, whoever serves it; Vega compiles its expressions, hence unsafe-eval.
	RETURN concat_ws(E'\n',
		'<!DOCTYPE html>',
		'<html lang="en">',
		'<head>',
		'<meta charset="utf-8">',
		'<meta name="viewport" content="width=device-width, initial-scale=1">',
		'<meta http-equiv="Content-Security-Policy" content="default-src ''none''; script-src ''unsafe-inline'' ''unsafe-eval''; style-src ''unsafe-inline''; img-src data:">',
		'<link rel="icon" href="data:,">',
		format('<title>%s</title>', segment.html(concat_ws(', ', model, segment.group_name(v)))),
		'<style>', style, '</style>',
		'</head>',
		'<body>',
		'<main>',
		segment.report_header(m, v.by_value),
		CASE WHEN v IS NULL THEN segment.report_groups(m) ELSE segment.report_personas(v) END,
		segment.report_choice(CASE WHEN v IS NULL THEN scale ELSE segment.persona_scale(v) END),
		'<div class="charts">', figures, '</div>',
		'<noscript><p>The charts are drawn by scripts in this page, which your browser does not run.</p></noscript>',
		'</main>',
		'<footer><p>Drawn by Vega and Vega-Lite, whose licences are in the source of this page.</p></footer>',
		'<script type="text/plain" id="licences">', segment.script_text(licences), '</script>',
		'<script type="application/json" id="charts">', replace(charts::text, '<', '\u003c'), '</script>',
		'<script>', segment.script_text(libraries), '</script>',
		'<script>', segment.script_text(drawing), '</script>',
		'</body>',
		E'</html>\n');
END
$$;
COMMENT ON FUNCTION segment.report_of_model(text, text, text) IS
	'segment.report with the caller''s search_path as the last argument; to be called through segment.report';

CREATE FUNCTION segment.report(model text, by_value text DEFAULT NULL) RETURNS text
	LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT segment.report_of_model(report.model, report.by_value, current_setting('search_path'));
END;
COMMENT ON FUNCTION segment.report(text, text) IS
	'page about a model, the current role''s own or one shared with it, in HTML: its personas as a table, and the charts of segment.charts(), in which the reader sees values under the pointer and chooses personas, by buttons and legends, for all charts at once. '
	'One file that asks nobody for anything; light and dark, on phones and on paper. Names are text in it, whatever they look like. To be served as UTF-8. '
	'by_value: of a model by groups, the group that the page is about; NULL: such a model as a whole, with a table of its groups, of the 20 with the most customers. '
	'Errors: the drawing libraries are not installed (58P01); as segment.charts()';
