// Draws the charts of a page that segment.report made, and lets the reader choose personas: by the buttons above, the legends
// or the bars, for all charts at once. Text takes its colour from the page, so light, dark and paper need no second drawing.
(function () {
	'use strict';

	const charts = JSON.parse(document.getElementById('charts').textContent);
	const buttons = Array.from(document.querySelectorAll('.choice button'));
	const views = [];
	let chosen = [];

	const ink = { labelColor: 'currentColor', titleColor: 'currentColor' };
	const axis = { ...ink, gridColor: 'currentColor', gridOpacity: 0.15, domainColor: 'currentColor', tickColor: 'currentColor' };
	const columns = (width) => Math.max(1, Math.floor(width / 190));
	const config = (width) => ({
		background: null,
		font: 'system-ui, sans-serif',
		view: { stroke: null },
		axis: axis,
		legend: { ...ink, orient: 'bottom', columns: columns(width), labelLimit: (width - 60) / columns(width) - 30 },
		rule: { color: 'currentColor' },
		text: { color: 'currentColor' },
		style: { 'guide-label': { fontSize: 12 }, 'guide-title': { fontSize: 12 } },
		axisY: { labelLimit: width / 3 }
	});

	// What Vega keeps of a selection "persona": a row per value.
	const store = (personas) => personas.map((persona) => ({ unit: '', fields: [{ type: 'E', field: 'persona' }], values: [persona] }));
	const same = (a, b) => a.length === b.length && a.every((persona) => b.includes(persona));

	function choose(personas) {
		if (same(personas, chosen)) {
			return;
		}
		chosen = personas;
		buttons.forEach((button) => button.setAttribute('aria-pressed', String(chosen.includes(button.dataset.persona))));
		views.forEach((view) => {
			if (!same(view.data('persona_store').map((row) => row.values[0]), chosen)) {
				view.data('persona_store', store(chosen)).runAsync();
			}
		});
	}

	const toggle = (persona) => choose(chosen.includes(persona) ? chosen.filter((other) => other !== persona) : chosen.concat(persona));

	// Vega-Lite forgets what was clicked on a legend at a click anywhere else, as at the end of a rectangle: legends are the page's.
	function takeLegend(vega) {
		vega.signals.filter((signal) => signal.name === 'persona_persona_legend').forEach((signal) => { signal.on = []; });
		return vega;
	}
	function clickLegend(event, item) {
		if (item && /^persona_legend/.test(item.mark.name)) {
			toggle((item.items ? item.items[0].items[0] : item).datum.value);
		}
	}

	const hasSelection = (part) => (part.params || []).some((param) => param.name === 'persona')
		|| (part.layer || part.concat || []).some(hasSelection);

	// Views side by side cannot take the width of their container, but what stands beside the scatter has its own.
	async function fit(view, figure) {
		const excess = figure.querySelector('svg').getBoundingClientRect().width - figure.clientWidth;
		const width = Math.max(100, view.signal('scatter_width') - excess);
		await view.signal('scatter_width', width).signal('above_width', width).resize().runAsync();
	}

	// A name that is too long for its place is cut, and told as a whole under the pointer.
	function tellWhole(figure) {
		figure.querySelectorAll('.role-axis-label text, .role-legend-label text').forEach((label) => {
			const whole = label.__data__.datum.label;
			if (label.textContent !== whole) {
				label.appendChild(document.createElementNS(label.namespaceURI, 'title')).textContent = whole;
			}
		});
	}

	async function draw(chart, figure) {
		const width = figure.clientWidth;
		// The page has the title as a heading, and sets the width.
		const spec = { ...chart.spec };
		delete spec.title;
		if (spec.concat) {
			spec.concat = spec.concat.map((view) => ({ ...view, width: view.width > 100 ? width : view.width }));
		} else {
			spec.width = 'container';
		}
		const { view } = await vegaEmbed(figure, spec, { renderer: 'svg', actions: false, config: config(width), patch: takeLegend });
		tellWhole(figure);
		figure.querySelectorAll('.brush_brush, .brush_brush_bg').forEach((rectangle) => rectangle.setAttribute('aria-hidden', 'true'));
		if (spec.concat) {
			window.addEventListener('resize', () => fit(view, figure));
			await fit(view, figure);
		}
		if (hasSelection(spec)) {
			views.push(view);
			view.addEventListener('click', clickLegend);
			view.addDataListener('persona_store', (name, rows) => choose(rows.map((row) => row.values[0])));
		}
	}

	// A page about all groups of a model has no buttons.
	const choice = document.querySelector('.choice');
	const colours = choice && vega.scheme(choice.dataset.scheme);
	buttons.forEach((button, i) => {
		const persona = button.dataset.persona;
		button.querySelector('i').style.background = colours[i % colours.length];
		button.addEventListener('click', () => toggle(persona));
	});
	document.querySelectorAll('.choice, .hint').forEach((part) => { part.hidden = false; });

	// for whoever waits for the page to be complete
	window.drawn = Promise.all(charts.map((chart, i) => draw(chart, document.getElementById('chart-' + (i + 1)))));
})();
