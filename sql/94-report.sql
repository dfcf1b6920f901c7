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

CREATE FUNCTION segment.report_choice(v segment.version) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format(E'<nav class="choice" aria-label="Personas shown" data-scheme="%s" hidden>\n%s\n</nav>', segment.persona_scale(v) ->> 'scheme',
		string_agg(format('<button type="button" aria-pressed="false" data-persona="%1$s" dir="auto"><i></i>%1$s</button>', segment.html(c.persona)),
			E'\n' ORDER BY c.cluster))
	FROM segment.clusters_of(v) AS c;
END;
COMMENT ON FUNCTION segment.report_choice(segment.version) IS 'part of segment.report(): a button per persona, which chooses the customers that the charts show';

CREATE FUNCTION segment.report_header(v segment.version) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format($html$<header>
<h1 dir="auto">%s</h1>
<p class="facts" dir="auto">%s personas of %s customers by %s</p>
<p class="facts" dir="auto">%s, scale %s, version %s of %s, from %s</p>
</header>$html$,
		segment.html(concat_ws(', ', m.model, segment.group_name(v))), s.k, to_char(s.rows, 'FM999,999,999,999,999'), segment.html(array_to_string(m.features, ', ')),
		m.method, m.scale, v.version, to_char(v.fitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), segment.html(v.source))
	FROM segment.model AS m
	CROSS JOIN (SELECT count(*) AS k, sum(t.size) AS rows FROM @extschema@.cluster_stats(v.clustering) AS t) AS s
	WHERE m.id = v.model_id;
END;
COMMENT ON FUNCTION segment.report_header(segment.version) IS 'part of segment.report(): name of the model, what it was fitted on, how and when';

CREATE FUNCTION segment.report_of_model(model text, by_value text, search_path text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	v CONSTANT segment.version := segment.group_of(segment.readable_model_id(model), by_value);
	-- A missing file is told before the customers are read.
	style CONSTANT text := segment.asset('segment-report.css');
	libraries CONSTANT text := segment.asset('segment-vega.min.js') || E'\n;' || segment.asset('segment-vega-lite.min.js') || E'\n;'
		|| segment.asset('segment-vega-embed.min.js');
	drawing CONSTANT text := segment.asset('segment-report.js');
	licences CONSTANT text := segment.asset('segment-report-licences.txt');
	figures text;
	charts jsonb;
BEGIN
	SELECT string_agg(format(E'<section class="chart">\n<h2 dir="auto">%s</h2>\n<div class="drawing" id="chart-%s"></div>\n</section>',
				segment.html(c.title), c.ordinality), E'\n' ORDER BY c.ordinality),
			jsonb_agg(jsonb_build_object('name', c.name, 'spec', c.spec) ORDER BY c.ordinality)
		INTO figures, charts
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
		format('<title>%s</title>', segment.html(model)),
		'<style>', style, '</style>',
		'</head>',
		'<body>',
		'<main>',
		segment.report_header(v),
		segment.report_personas(v),
		segment.report_choice(v),
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
	'One file that asks nobody for anything; light and dark, on phones and on paper. Names are text in it, whatever they look like. To be served as UTF-8. by_value: the group, of a model by groups. '
	'Errors: the drawing libraries are not installed (58P01); as segment.charts()';
