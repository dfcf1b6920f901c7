// Opens the dashboard in Streamlit in headless Chromium as two roles do, and compares what it shows with what SQL says: prints TAP.
//
// usage: node tests/bi/streamlit.js FOLDER GUEST READER, with psql leading to the server
//        FOLDER: where pictures go; GUEST: address for the role that sees the models; READER: for the one that sees a view alone
'use strict';
const fs = require('fs');
const path = require('path');
const { execFileSync } = require('child_process');
const { ok, is, run, nothing, open, elsewhere, serious } = require('../browser.js');

const [folder, guestAddress, readerAddress] = process.argv.slice(2);
// Numbers of SQL and of the page: the same but for the last bits of a sum.
const close = (a, b) => Array.isArray(a) ? Array.isArray(b) && a.length === b.length && a.every((x, i) => close(x, b[i]))
	: typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a)) : a === b;
const isClose = (got, wanted, name) => ok(close(got, wanted), name, { got, wanted });

// What a query says, as JSON.
const sql = (query) => JSON.parse(execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1'], {
	input: `SET client_min_messages = warning; SELECT coalesce(jsonb_agg(q), '[]') FROM (${query}) AS q;`, encoding: 'utf8' }));
const value = (query) => Object.values(sql(query)[0])[0];

const seen = nothing();

async function visit(browser, address, options) {
	const page = await open(browser, address, seen, { viewport: { width: 1280, height: 800 }, ...options });
	page.setDefaultTimeout(30000);
	await settled(page);
	return page;
}

// Until the script has run, all that it shows is there, and stays so for a while.
async function settled(page) {
	const quiet = () => page.evaluate(() => document.querySelector('[data-test-script-state=notRunning]') !== null &&
		document.querySelector('[data-testid=stSkeleton], [data-stale=true]') === null &&
		document.querySelectorAll('.stPlotlyChart').length === document.querySelectorAll('.js-plotly-plot .main-svg:first-child').length);
	await page.waitForTimeout(500);		// a slider waits a little for further moves
	for (let i = 0, n = 0; i < 300 && n < 5; i++) {
		await page.waitForTimeout(100);
		n = await quiet() ? n + 1 : 0;
	}
}

async function go(page, name) {
	await page.locator('[data-testid=stSidebarNav]').getByText(name, { exact: true }).click();
	await page.getByRole('heading', { level: 1, name }).waitFor();
	await settled(page);
}

// The data of a chart, as plotly has them; what is drawn of it is counted by marks().
const chart = (page, key) => page.evaluate((k) => document.querySelector(`.st-key-${k} .js-plotly-plot`)?.data, key);
const titles = (page, key) => page.evaluate((k) => ['xaxis', 'yaxis'].map((a) => document.querySelector(`.st-key-${k} .js-plotly-plot`).layout[a].title.text), key);
const marks = (page, key, selector) => page.locator(`.st-key-${key} ${selector}`).count();
const words = (page) => page.locator('[data-testid=stMain]').innerText();
const alerts = (page) => page.locator('[data-testid=stAlert], [data-testid=stException]').allInnerTexts();

async function choose(page, label, option, part = 'stSidebar') {
	await page.locator(`[data-testid=${part}]`).getByRole('combobox', { name: label, exact: true }).click();
	await page.getByRole('option', { name: option, exact: true }).click();
	await settled(page);
}

// A list of options from which several can be chosen stays open; it fades when it is closed.
async function closeList(page) {
	await page.keyboard.press('Escape');
	await page.getByRole('option').first().waitFor({ state: 'detached' });
}

async function press(page, name, key, times) {
	const slider = page.getByRole('slider', { name });
	for (let i = 0; i < times; i++)
		await slider.press(key);
	await settled(page);
	return Number(await slider.inputValue());
}

const personas = (model) => sql(`SELECT persona FROM segment.personas WHERE model = '${model}' ORDER BY cluster`).map((r) => r.persona);

// The charts of the overview, for the customers of a condition.
async function overview(page, condition, what) {
	const names = personas('mall');
	const counts = sql(`SELECT p.persona, count(v.customer_id) AS n FROM segment.personas AS p
		LEFT JOIN (SELECT * FROM mall_personas WHERE ${condition}) AS v USING (persona) WHERE p.model = 'mall' GROUP BY p.persona, p.cluster ORDER BY p.cluster`);
	const nobody = value(`SELECT count(*) FROM mall_personas WHERE persona IS NULL AND ${condition}`);
	const shown = value(`SELECT count(*) FROM mall_personas WHERE ${condition}`);
	const [bars] = await chart(page, 'sizes');
	is([bars.y, bars.x], [[...names, ...(nobody ? ['(no persona)'] : [])], [...counts.map((c) => c.n), ...(nobody ? [nobody] : [])]], `${what}: customers per persona`);
	const metrics = await page.locator('[data-testid=stMetricValue]').allInnerTexts();
	is([metrics[0], metrics[4]], [String(shown), String(nobody)], `${what}: customers shown, and without a persona`);

	const traces = await chart(page, 'scatter');
	const points = traces.filter((t) => t.marker.symbol !== 'diamond');
	is(points.map((t) => [t.name, t.x.length]), counts.filter((c) => c.n > 0).map((c) => [c.persona, c.n]), `${what}: points per persona`);
	isClose(points.map((t) => [t.x.reduce((a, b) => a + b), t.y.reduce((a, b) => a + b)]),
		sql(`SELECT sum(spending_score) AS x, sum(annual_income) AS y FROM mall_personas WHERE persona IS NOT NULL AND ${condition} GROUP BY cluster ORDER BY cluster`)
			.map((r) => [r.x, r.y]), `${what}: where the points are`);
	is(await marks(page, 'scatter', '.scatterlayer .point'), shown - nobody + points.length, `${what}: a mark per customer and centroid`);

	const [heat] = await chart(page, 'profile');
	const z = ['annual_income', 'spending_score', 'age'].map((c) =>
		`(avg(${c}) - (SELECT avg(${c}) FROM mall_personas)) / (SELECT stddev_pop(${c}) FROM mall_personas)`).join(', ');
	is(heat.x, ['annual_income', 'spending_score', 'age'], `${what}: columns of the profile`);
	isClose(heat.z, sql(`SELECT jsonb_build_array(${z}) AS z FROM mall_personas WHERE persona IS NOT NULL AND ${condition} GROUP BY cluster ORDER BY cluster`).map((r) => r.z),
		`${what}: z-scores`);
	is(await marks(page, 'profile', '.annotation-text'), 3 * heat.y.length, `${what}: every z-score is written`);

	const genders = await chart(page, 'distribution-of-gender');
	is(genders.map((t) => [t.name, t.x, t.y]), sql(`SELECT persona, jsonb_agg(gender ORDER BY gender) AS g, jsonb_agg(n ORDER BY gender) AS n
		FROM (SELECT persona, cluster, gender, count(*) AS n FROM mall_personas WHERE persona IS NOT NULL AND ${condition} GROUP BY 1, 2, 3) AS c
		GROUP BY persona, cluster ORDER BY cluster`).map((r) => [r.persona, r.g, r.n]), `${what}: distribution of gender`);
	const ages = await chart(page, 'distribution-of-age');
	const bins = ages.flatMap((t) => t.customdata.map(([low, high]) => `'${t.name}', ${low}, ${high}`)).map((bin, i) => `(${i}, ${bin})`).join(', ');
	is(ages.flatMap((t) => t.y), sql(`SELECT count(v.age) AS n FROM (VALUES ${bins}) AS b(at, persona, low, high)
		LEFT JOIN (SELECT * FROM mall_personas WHERE ${condition}) AS v ON v.persona = b.persona AND v.age >= b.low AND v.age < b.high GROUP BY b.at ORDER BY b.at`).map((r) => r.n),
	`${what}: distribution of age`);
	is(ages.flatMap((t) => t.y).reduce((a, b) => a + b), value(`SELECT count(age) FROM mall_personas WHERE persona IS NOT NULL AND ${condition}`), `${what}: every age is in a bar`);
}

async function asGuest(browser) {
	const page = await visit(browser, guestAddress);
	const scheme = ['#4c78a8', '#f58518', '#e45756', '#72b7b2', '#54a24b'];
	is(await alerts(page), [], 'overview: nothing is refused');
	is(await page.locator('.js-plotly-plot').count(), 7, 'overview: seven charts');
	await overview(page, 'true', 'everybody');
	const { spec } = sql(`SELECT spec FROM segment.charts('mall') WHERE name = 'scatter'`)[0];
	const scatter = spec.concat.find((view) => view.name === 'scatter');
	is(await titles(page, 'scatter'), ['x', 'y'].map((axis) => scatter.layer[0].encoding[axis].title), 'the two leading features are those of segment.charts');
	is((await chart(page, 'sizes'))[0].marker.color.slice(0, 5), scheme, 'the colours are those of segment.charts, in the order of the clusters');
	is((await chart(page, 'scatter')).map((t) => t.marker.color), [...scheme, ...scheme], 'and the same ones in the scatter');
	isClose((await chart(page, 'scatter')).filter((t) => t.marker.symbol === 'diamond').map((t) => [t.x[0], t.y[0]]),
		spec.datasets.centroids.map((c) => [c.x, c.y]), 'centroids are those of segment.charts');
	await page.screenshot({ path: path.join(folder, 'streamlit.png') });
	is(await serious(page), [], 'overview: no serious accessibility violation');

	await choose(page, 'gender', 'Female');
	await closeList(page);
	await overview(page, `gender = 'Female'`, 'women');
	const from = await press(page, /^age.*start/, 'ArrowRight', 12);
	is(from, 30, 'a slider moves by the keyboard');
	await overview(page, `gender = 'Female' AND age >= ${from}`, 'women from 30');
	await choose(page, 'persona', 'High-Value Customers');
	await closeList(page);
	await overview(page, `gender = 'Female' AND age >= ${from} AND persona = 'High-Value Customers'`, 'a persona');

	// filters stay; a click on a bar opens a persona
	await go(page, 'Customers');
	is((await chart(page, 'bars'))[0].x[3], value(`SELECT count(*) FROM mall_personas WHERE gender = 'Female' AND age >= 30 AND persona = 'High-Value Customers'`), 'filters stay from page to page');
	const guest = await visit(browser, guestAddress);
	await go(guest, 'Customers');
	is(await alerts(guest), [], 'customers: nothing is refused');
	await guest.locator('.st-key-bars .barlayer .point path').nth(3).click({ force: true });
	await guest.getByText(/^High-Value Customers: \d+ customers$/).waitFor();
	await settled(guest);
	const many = value(`SELECT count(*) FROM mall_personas WHERE persona = 'High-Value Customers'`);
	ok((await words(guest)).includes(`High-Value Customers: ${many} customers`), 'a click on a bar shows the customers of the persona');
	is(Number(await guest.locator('[data-testid=stDataFrame] table').first().getAttribute('aria-rowcount')), many + 1, 'a row per customer');
	await choose(guest, 'persona', 'Cautious Earners', 'stMain');
	await choose(guest, 'in the order of', 'age', 'stMain');
	await choose(guest, 'direction', 'highest first', 'stMain');
	const [download] = await Promise.all([guest.waitForEvent('download'), guest.getByTestId('stDownloadButton').getByRole('button').click()]);
	const file = fs.readFileSync(await download.path(), 'utf8').trim().split(/\r?\n/).map((line) => line.split(','));
	const columns = sql(`SELECT attname FROM pg_attribute WHERE attrelid = 'mall_personas'::regclass AND attnum > 0 ORDER BY attnum`).map((r) => r.attname);
	is(file[0], columns, 'the file has the columns of the view');
	const at = (name) => columns.indexOf(name);
	is(file.slice(1).map((r) => Number(r[at('age')])), sql(`SELECT age FROM mall_personas WHERE persona = 'Cautious Earners' ORDER BY age DESC`).map((r) => r.age), 'in the order chosen');
	isClose(file.slice(1).map((r) => [Number(r[at('customer_id')]), Number(r[at('distance')])]).sort((a, b) => a[0] - b[0]),
		sql(`SELECT customer_id, distance FROM mall_personas WHERE persona = 'Cautious Earners' ORDER BY 1`).map((r) => [r.customer_id, r.distance]), 'and each customer as it is');

	// the reason: says what is missing, and appears when it is not
	await guest.getByRole('textbox', { name: /^customer_id of a customer/ }).fill('44');
	await guest.keyboard.press('Enter');
	await settled(guest);
	ok((await alerts(guest)).some((a) => /needs the customers themselves: permission denied for table mall_customers.*regress_dashboard_guest/s.test(a)), 'a reason that may not be seen is said to be so', await alerts(guest));
	is(await serious(guest), [], 'customers: no serious accessibility violation');
	execFileSync('psql', ['-Xq', '-c', 'GRANT SELECT ON mall_customers TO regress_dashboard_guest']);
	await guest.getByRole('button', { name: 'Ask anew' }).click();
	await settled(guest);
	const reason = sql(`SELECT persona, next_persona FROM segment.explain_customer('mall', '44') LIMIT 1`)[0];
	ok((await words(guest)).includes(`44 belongs to ${reason.persona}`) && (await words(guest)).includes(`the next is ${reason.next_persona}`), 'the reason of a customer', await words(guest));

	// what if, from there
	await guest.getByRole('button', { name: 'What if?' }).click();
	await guest.getByRole('heading', { level: 1, name: 'What if?' }).waitFor();
	await settled(guest);
	execFileSync('psql', ['-Xq', '-c', 'REVOKE SELECT ON mall_customers FROM regress_dashboard_guest']);
	is(await alerts(guest), [], 'what if: nothing is refused');
	const now = sql(`SELECT annual_income, spending_score, cluster FROM mall_personas WHERE customer_id = 44`)[0];
	const features = async () => Promise.all(['annual_income', 'spending_score'].map(async (f) => Number(await guest.getByRole('slider', { name: f }).inputValue())));
	is(await features(), [now.annual_income, now.spending_score], 'what if: it begins with the customer as it is');
	const cluster = (row) => value(`SELECT p.cluster FROM segment.version AS v JOIN segment.model AS m ON m.id = v.model_id AND m.model = 'mall'
		JOIN segment.persona AS p ON p.model_id = v.model_id AND p.version = v.version AND p.number = cluster_id(v.clustering, ARRAY[${row}]) WHERE v.active`);
	const scored = async () => Number((await words(guest)).match(/\(cluster (\d+)\)/)[1]);
	is(await scored(), now.cluster, 'what if: unchanged, it is where it is');
	await press(guest, 'spending_score', 'ArrowRight', 30);
	const spends = await features();
	is(spends, [now.annual_income, now.spending_score + 30], 'what if: a slider is a feature');
	is(await scored(), cluster(spends), 'what if: the cluster is that of cluster_id()');
	await press(guest, 'annual_income', 'PageUp', 4);
	const earns = await features();
	is(await scored(), cluster(earns), 'what if: and after another change');
	ok(await scored() !== now.cluster && (await words(guest)).includes('now it is'), 'what if: it is another one, and says what it is now');
	const score = (row) => sql(`SELECT persona, distance FROM segment.score('mall', ARRAY[${row}]) ORDER BY rank`);
	const [then, before] = await chart(guest, 'distances');
	isClose([then.y, then.x], [score(earns).map((s) => s.persona), score(earns).map((s) => s.distance)], 'what if: distances to all personas');
	isClose([before.y, before.x], [score([now.annual_income, now.spending_score]).map((s) => s.persona), score([now.annual_income, now.spending_score]).map((s) => s.distance)], 'what if: and those of now');
	is(await marks(guest, 'distances', '.barlayer .point path'), 10, 'what if: ten bars');
	is(await serious(guest), [], 'what if: no serious accessibility violation');
	await guest.getByRole('textbox', { name: /^customer_id of a customer/ }).fill('no such one');
	await guest.keyboard.press('Enter');
	await settled(guest);
	ok((await alerts(guest)).length === 1, 'what if: a customer that is not there is said to be so', await alerts(guest));

	// migration
	await go(guest, 'Migration');
	is(await alerts(guest), [], 'migration: nothing is refused');
	const times = sql(`SELECT taken_at::text AS t FROM segment.snapshots WHERE model = 'mall' ORDER BY snapshot`).map((r) => r.t);
	const migrates = async (since, until, what) => {
		const flows = sql(`SELECT coalesce(from_persona, '(in no persona)') AS a, coalesce(to_persona, '(in no persona)') AS b, customers, share
			FROM segment.migration('mall', '${times[since]}', '${times[until]}')`);
		const [matrix] = await chart(guest, 'matrix');
		const cells = matrix.y.flatMap((a, i) => matrix.x.map((b, j) => ({ a, b, customers: matrix.customdata[i][j], share: matrix.z[i][j] }))).filter((c) => c.customers !== null);
		const sorted = (list) => list.map((f) => [f.a, f.b, f.customers, f.share]).sort((f, g) => f[0] + f[1] < g[0] + g[1] ? -1 : 1);
		isClose(sorted(cells), sorted(flows), `${what}: the matrix is that of segment.migration`);
		const [sankey] = await chart(guest, 'sankey');
		is(sankey.link.value.map((n, i) => [sankey.node.label[sankey.link.source[i]].replace('<br>', ' '), sankey.node.label[sankey.link.target[i]].replace('<br>', ' '), n]).sort(),
			flows.map((f) => [f.a, f.b, f.customers]).sort(), `${what}: the streams are, too`);
		is(await marks(guest, 'sankey', '.sankey-link'), flows.length, `${what}: a stream for each`);
		const movers = value(`SELECT count(*) FROM segment.movers('mall', '${times[since]}', '${times[until]}')`);
		is(Number(await guest.locator('[data-testid=stDataFrame] table').first().getAttribute('aria-rowcount')), movers + 1, `${what}: a row per mover`);
	};
	await migrates(1, 2, 'the last two snapshots');
	is(await serious(guest), [], 'migration: no serious accessibility violation');
	await guest.getByRole('combobox', { name: 'from' }).click();
	await guest.getByRole('option').first().click();
	await settled(guest);
	await migrates(0, 2, 'the first and the last');
	await guest.close();
	await page.close();
}

// Names that try to be something else, and more customers than are drawn.
async function hardNames(browser) {
	const page = await visit(browser, guestAddress, { colorScheme: 'dark' });
	const light = (colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, c) => sum + Number(c), 0) > 382;
	const [paper, ink] = await page.evaluate(() => [getComputedStyle(document.querySelector('.stApp')).backgroundColor,
		getComputedStyle(document.querySelector('.st-key-sizes .ytick text')).fill]);
	ok(!light(paper) && light(ink), 'dark where the reader has it dark, charts too', { paper, ink });
	is(await serious(page), [], 'no serious accessibility violation in the dark');

	const model = '**names** <i>';
	const names = personas(model);
	await choose(page, 'model', model);
	is(await alerts(page), [], 'hard names: nothing is refused');
	ok((await words(page)).includes(`Model ${model}, version 1`), 'the name of a model is shown as it is', await words(page));
	const columns = ['שלום </script>', `<b>"q" & 'x' 😀 50 %`, 'a_b *c* :red[d] -> $e$'];
	is(await page.locator('[data-testid=stSidebar] .segment-label').allInnerTexts(), columns, 'names of columns are shown as they are');
	is(await page.locator('[data-testid=stSidebar] [role=combobox], [data-testid=stSidebar] .stSlider [role=group][aria-label]')
		.evaluateAll((all) => all.map((e) => e.getAttribute('aria-label')).slice(3)), columns, 'and read out as they are');
	const decoded = (text) => text.replace(/&#123;/g, '{').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
	is((await chart(page, 'sizes'))[0].y.slice(0, 2).map(decoded), names, 'names of personas reach the chart as they are');
	const ticks = await page.locator('.st-key-sizes .ytick text').allTextContents();
	ok(ticks.some((t) => t.replace(/\s/g, '').startsWith('</script><script>w')) && ticks.some((t) => t.startsWith('עברית <b>שלום</b>')), 'and stand on its axis as they are, long ones shortened', ticks);
	await choose(page, 'persona', names[0]);
	await closeList(page);
	is((await page.locator('[data-testid=stSidebar] [data-testid=stMultiSelectTagsContainer]').first().innerText()).trim(), names[0], 'one that is chosen is shown as it is');
	is((await chart(page, 'sizes'))[0].x.slice(0, 2), [value(`SELECT count(*) FROM dashboard."na%mes ""*""" WHERE cluster = 0`), 0], 'and filters');
	is(await serious(page), [], 'nor with a filter');
	await choose(page, 'שלום </script>', '50 % "x"');
	await closeList(page);
	is((await chart(page, 'sizes'))[0].x[0], value(`SELECT count(*) FROM dashboard."na%mes ""*""" WHERE cluster = 0 AND "שלום </script>" = '50 % "x"'`), 'a value with a percent sign and quotes filters, too');
	await go(page, 'Customers');
	ok((await words(page)).includes(`${names[0]}: `), 'hard names: the customers of a persona', await words(page));
	is(await alerts(page), [], 'hard names: customers are not refused');
	await go(page, 'What if?');
	ok((await words(page)).includes(' (cluster '), 'hard names: scoring', await words(page));
	await page.screenshot({ path: path.join(folder, 'streamlit-names.png') });
	is(await page.evaluate(() => window.intruder), undefined, 'no name ran as a script');

	await go(page, 'Overview');
	await choose(page, 'model', 'many');
	ok((await words(page)).includes('(a sample of 5,000 of 20,000 customers)'), 'the title says that it is a sample', await words(page));
	is((await chart(page, 'scatter')).filter((t) => t.marker.symbol !== 'diamond').reduce((n, t) => n + t.x.length, 0), 5000, 'of that size');
	const sample = sql(`SELECT spec #> '{datasets,points}' AS points FROM segment.charts('many') WHERE name = 'scatter'`)[0].points;
	const key = (p) => p.join(' ');
	is((await chart(page, 'scatter')).filter((t) => t.marker.symbol !== 'diamond').flatMap((t) => t.x.map((x, i) => [x, t.y[i]])).map(key).sort(),
		sample.map((p) => [p.x, p.y]).map(key).sort(), 'the same customers as segment.charts has');
	is((await chart(page, 'sizes'))[0].x, sql(`SELECT count(*) AS n FROM dashboard.many_personas GROUP BY cluster ORDER BY cluster`).map((r) => r.n), 'sizes are of all customers');

	// groups
	await choose(page, 'model', 'stores');
	is(await alerts(page), [], 'groups: nothing is refused');
	const stores = sql(`SELECT persona, count(*) AS n FROM dashboard.store_personas WHERE persona IS NOT NULL GROUP BY persona`);
	const shown = (await chart(page, 'sizes'))[0];
	is(shown.y.map((name, i) => [name, shown.x[i]]).sort(), stores.map((r) => [r.persona, r.n]).sort(), 'groups: customers per persona');
	await go(page, 'What if?');
	await choose(page, 'sto re', 'Male', 'stMain');
	const at = await Promise.all(['age', 'spending_score'].map(async (f) => Number(await page.getByRole('slider', { name: f }).inputValue())));
	const placed = sql(`SELECT persona, distance FROM segment.score('stores', (SELECT ARRAY[avg(age), avg(spending_score)] FROM dashboard.store_personas), 'Male') ORDER BY rank`);
	ok((await words(page)).includes(`${placed[0].persona} (cluster `), 'groups: a customer is scored in its group', at, await words(page));
	await go(page, 'Migration');
	is(await page.locator('[data-testid=stMetricValue]').allInnerTexts(), sql(`
		SELECT sum(customers) FILTER (WHERE from_cluster IS NOT NULL) AS before,
			sum(customers) FILTER (WHERE (from_cluster, from_by_value) = (to_cluster, to_by_value)) AS stayed,
			sum(customers) FILTER (WHERE (from_cluster, from_by_value) <> (to_cluster, to_by_value)) AS moved,
			sum(customers) FILTER (WHERE from_cluster IS NULL) AS came, sum(customers) FILTER (WHERE to_cluster IS NULL) AS went
		FROM segment.migration('stores')`).flatMap((r) => [r.before, r.stayed, r.moved, r.came, r.went].map(String)), 'groups: who stayed, moved, came and went, whatever their persona is called');
	is(Number(await page.locator('[data-testid=stDataFrame] table').first().getAttribute('aria-rowcount')), value(`SELECT count(*) FROM segment.movers('stores')`) + 1, 'groups: a row per mover');
	await page.close();
}

async function asReader(browser) {
	const page = await visit(browser, readerAddress);
	is(await alerts(page), [], 'who may only read the view: nothing is refused');
	is((await chart(page, 'sizes'))[0].x, sql(`SELECT count(*) AS n FROM mall_personas GROUP BY cluster ORDER BY cluster`).map((r) => r.n), 'and sees its personas');
	is(await page.locator('.js-plotly-plot').count(), 7, 'in seven charts');
	await go(page, 'Customers');
	ok(/needs the model itself.*regress_dashboard_reader.*segment\.share/s.test((await alerts(page)).join()), 'the reason needs the model, and it says so', await alerts(page));
	for (const name of ['What if?', 'Migration']) {
		await go(page, name);
		ok(/needs the model itself.*regress_dashboard_reader.*segment\.share/s.test((await alerts(page)).join()), `${name} needs the model, and says so`, await alerts(page));
	}
	await page.close();
}

run(async (browser) => {
	await asGuest(browser);
	await hardNames(browser);
	await asReader(browser);
	is(elsewhere({ requests: elsewhere(seen, guestAddress) }, readerAddress), [], 'nothing is asked of anybody else');
	is(seen.complaints, [], 'no error and no warning in the console');
});
