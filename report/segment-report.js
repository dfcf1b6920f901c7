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

	const hasSelection = (spec) => [spec].concat(spec.layer || []).some((part) => (part.params || []).some((param) => param.name === 'persona'));

	async function draw(chart, figure) {
		const width = figure.clientWidth;
		// The page has the title as a heading, and sets the width.
		const spec = { ...chart.spec, width: 'container' };
		delete spec.title;
		const { view } = await vegaEmbed(figure, spec, { renderer: 'svg', actions: false, config: config(width) });
		if (hasSelection(spec)) {
			views.push(view);
			view.addDataListener('persona_store', (name, rows) => choose(rows.map((row) => row.values[0])));
		}
	}

	const choice = document.querySelector('.choice');
	const colours = vega.scheme(choice.dataset.scheme);
	buttons.forEach((button, i) => {
		const persona = button.dataset.persona;
		button.querySelector('i').style.background = colours[i % colours.length];
		button.addEventListener('click', () =>
			choose(chosen.includes(persona) ? chosen.filter((other) => other !== persona) : chosen.concat(persona)));
	});
	choice.hidden = false;

	// for whoever waits for the page to be complete
	window.drawn = Promise.all(charts.map((chart, i) => draw(chart, document.getElementById('chart-' + (i + 1)))));
})();
