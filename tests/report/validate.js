// Reads rows of segment.charts as a JSON array, and checks every specification against the schema that vega-lite comes with:
// prints TAP.
//
// usage: node tests/report/validate.js MODULES <charts.json     (MODULES: report/node_modules)
'use strict';
const fs = require('fs');
const path = require('path');

const modules = path.resolve(process.argv[2]);
const Ajv = require(path.join(modules, 'ajv'));
const schema = JSON.parse(fs.readFileSync(path.join(modules, 'vega-lite/build/vega-lite-schema.json'), 'utf8'));
const valid = new Ajv({ strict: false, validateFormats: false }).compile(schema);

const charts = JSON.parse(fs.readFileSync(0, 'utf8'));
charts.forEach((chart, i) => {
	const ok = valid(chart.spec);
	console.log(`${ok ? 'ok' : 'not ok'} ${i + 1} - ${chart.name}`);
	if (!ok)
		valid.errors.slice(0, 5).forEach((e) => console.log(`# ${e.instancePath} ${e.message}`));
});
// The check itself: a mark that Vega-Lite does not have.
console.log(`${valid({ mark: 'blob', data: { name: 'x' }, encoding: {} }) ? 'not ok' : 'ok'} ${charts.length + 1} - an unknown mark is refused`);
console.log(`1..${charts.length + 1}`);
