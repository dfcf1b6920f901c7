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

-- A story is Markdown of few kinds, made by segment.story(): headings, tables, lists and paragraphs of one line each, and backslashes
-- before whatever else would mean something. So a page needs no library that knows all of Markdown, and its words are there
-- where scripts do not run; tests/report/browse.js holds the page against one.
CREATE FUNCTION segment.markdown_html(line text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT segment.html(regexp_replace(btrim(line), '\\([!-/:-@[-`{-~])', '\1', 'g'));
END;
COMMENT ON FUNCTION segment.markdown_html(text) IS
	'a line of text in Markdown as HTML: what segment.markdown() made of a text stands there as that text. There is nothing else in the line that has a meaning';

CREATE FUNCTION segment.markdown_table_html(block text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	WITH line AS (
		SELECT l.at, regexp_split_to_array(regexp_replace(l.line, '^\| | \|$', '', 'g'), '(?<=\s)\|(?=\s)') AS cells
		FROM string_to_table(block, E'\n') WITH ORDINALITY AS l(line, at)
	), row_html AS (
		SELECT line.at, format('<tr>%s</tr>', string_agg(
				format(CASE WHEN line.at > 1 AND c.at > 1 THEN '<td%s data-label="%s" dir="auto">%s</td>'
						WHEN line.at > 1 THEN '<th scope="row" dir="auto">%3$s</th>'
						WHEN btrim(c.cell) = '' THEN '<td></td>' ELSE '<th scope="col"%s>%3$s</th>' END,
					CASE WHEN h.aligned[c.at] LIKE '%:%' THEN ' class="number"' ELSE '' END,
					segment.markdown_html(h.headings[c.at]), segment.markdown_html(c.cell)), '' ORDER BY c.at)) AS html
		FROM (SELECT max(line.cells) FILTER (WHERE line.at = 1) AS headings, max(line.cells) FILTER (WHERE line.at = 2) AS aligned FROM line) AS h
		CROSS JOIN line CROSS JOIN LATERAL unnest(line.cells) WITH ORDINALITY AS c(cell, at)
		GROUP BY line.at
	)
	SELECT format(E'<table>\n<thead>%s</thead>\n<tbody>\n%s\n</tbody>\n</table>',
		string_agg(r.html, '') FILTER (WHERE r.at = 1), string_agg(r.html, E'\n' ORDER BY r.at) FILTER (WHERE r.at > 2))
	FROM row_html AS r;
END;
COMMENT ON FUNCTION segment.markdown_table_html(text) IS 'a table in Markdown as HTML; numbers, which are aligned to the right, have the class "number", and every cell has the heading of its column, for where a line of the table becomes a list';

CREATE FUNCTION segment.story_html(story text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(CASE
			WHEN b.block LIKE '# %' THEN format('<h1 dir="auto">%s</h1>', segment.markdown_html(substr(b.block, 3)))
			WHEN b.block LIKE '## %' THEN format('<h2 dir="auto">%s</h2>', segment.markdown_html(substr(b.block, 4)))
			WHEN b.block LIKE '| %' THEN segment.markdown_table_html(b.block)
			WHEN b.block LIKE '- %' THEN (
				SELECT format(E'<ul>\n%s\n</ul>', string_agg(format('<li dir="auto">%s</li>', segment.markdown_html(substr(i.item, 3))), E'\n' ORDER BY i.at))
				FROM string_to_table(b.block, E'\n') WITH ORDINALITY AS i(item, at))
			ELSE format('<p dir="auto">%s</p>', segment.markdown_html(b.block)) END, E'\n' ORDER BY b.at)
	FROM string_to_table(rtrim(story, E'\n'), E'\n\n') WITH ORDINALITY AS b(block, at);
END;
COMMENT ON FUNCTION segment.story_html(text) IS 'part of segment.report(): what segment.story() tells, or some of its paragraphs, as HTML';

CREATE FUNCTION segment.report_choice(scale jsonb) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format(E'<nav class="choice" aria-label="Personas shown" data-scheme="%s" hidden>\n%s\n</nav>', scale ->> 'scheme',
		string_agg(format('<button type="button" aria-pressed="false" data-persona="%1$s" title="%1$s" dir="auto"><i></i>%1$s</button>', segment.html(p.persona)),
			E'\n' ORDER BY p.place))
	FROM jsonb_array_elements_text(scale -> 'domain') WITH ORDINALITY AS p(persona, place);
END;
COMMENT ON FUNCTION segment.report_choice(jsonb) IS
	'part of segment.report(): a button for each persona of a scale of colours (see segment.persona_scale), which chooses what the charts show';

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
	told text[];
	chapters text;
	figures text;
	charts jsonb;
	scale jsonb;
BEGIN
	SELECT * INTO STRICT m FROM segment.model AS l WHERE l.id = segment.readable_model_id(report_of_model.model);
	IF m.by_column IS NULL OR by_value IS NOT NULL THEN
		v := segment.group_of(m.id, by_value);
	END IF;
	-- The number of the segments and why, then the charts, then one persona after the other
	told := string_to_array(segment.story_of_model(model, by_value, report_of_model.search_path), E'\n\n## ');
	SELECT string_agg(format(E'<section>\n%s\n</section>', segment.story_html('## ' || c.chapter)), E'\n' ORDER BY c.at)
		INTO chapters
		FROM unnest(told[2:]) WITH ORDINALITY AS c(chapter, at);
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
		format('<title>%s</title>', segment.html(concat_ws(', ', m.model, segment.group_name(v)))),
		'<style>', style, '</style>',
		'</head>',
		'<body>',
		'<main>',
		'<header>', segment.story_html(told[1]), '</header>',
		'<noscript><p>The charts are drawn by scripts in this page, which your browser does not run.</p></noscript>',
		segment.report_choice(CASE WHEN v IS NULL THEN scale ELSE segment.persona_scale(v) END),
		concat('<p class="hint" hidden>Point at a mark to see what it stands for. Personas are chosen by these buttons, the legends and the bars, for all charts at once',
			CASE WHEN charts -> 0 ->> 'name' = 'scatter' THEN '; customers by drawing a rectangle in the scatter, which the histograms along it follow until a click there ends it' END,
			'.</p>'),
		'<div class="charts">', figures, '</div>',
		'<div class="story">', chapters, '</div>',
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
	'page about a model, the current role''s own or one shared with it, in HTML: what segment.story() tells, and the charts of segment.charts(), in which the reader sees values under the pointer and chooses personas, by buttons and legends, for all charts at once. '
	'One file that asks nobody for anything; light and dark, on phones and on paper. Names are text in it, whatever they look like. To be served as UTF-8. by_value: of a model by groups, the group that the page is about; NULL: such a model as a whole. '
	'Errors: the drawing libraries are not installed (58P01); as segment.story()';
