// Opens a page of segment.report in headless Chromium as a reader would, and checks what it shows: prints TAP.
//
// usage: node tests/report/browse.js PAGE FOLDER <expected.json
//        FOLDER: where pictures go; expected.json: {"story": Markdown, "personas": [...], "lines": [...] of the first table,
//        "charts": number, "points": customers, null where no chart shows them one by one, "first" and "second": those of the
//        first and the second persona}
'use strict';
const fs = require('fs');
const path = require('path');
const url = require('url');
const { ok, is, run, nothing, open, elsewhere, serious } = require('../browser.js');

const [page_file, folder] = process.argv.slice(2).map((file) => path.resolve(file));
const itself = url.pathToFileURL(page_file).href;
const expected = JSON.parse(fs.readFileSync(0, 'utf8'));

// The marks of the customers in the scatter, which is the first chart.
const points = (page) => page.locator('#chart-1 .scatter_layer_0_marks path').count();

// Their number, when it has become this or five seconds have passed.
async function pointsBecome(page, wanted) {
	for (let i = 0; i < 50 && await points(page) !== wanted; i++)
		await page.waitForTimeout(100);
	return points(page);
}

// Headings, paragraphs, items and cells of the story, in the page or in a piece of HTML, and what they say.
const blocks = (page, html) => page.evaluate((text) => {
	const place = text === undefined ? document.querySelector('main') : new DOMParser().parseFromString(text, 'text/html').body;
	return Array.from(place.querySelectorAll('h1, h2, p, li, th, td'))
		.filter((block) => !block.closest('.chart, .hint, noscript'))
		.map((block) => [block.tagName.replace('TH', 'TD'), block.textContent.trim()]);
}, html);

// Where things are in the scatter: its points, and whether they stand out, and the bars in front in the histograms along it;
// as shares of its width and height from its upper left corner.
const places = (page, marks) => page.$$eval(`#chart-1 .${marks} path`, (paths) => {
	const field = document.querySelector('#chart-1 .scatter_group .background').getBoundingClientRect();
	return paths.map((path) => {
		const { left, right, top, bottom } = path.getBoundingClientRect();
		return {
			left: (left - field.left) / field.width, right: (right - field.left) / field.width,
			top: (top - field.top) / field.height, bottom: (bottom - field.top) / field.height,
			bright: Number(getComputedStyle(path).opacity) > 0.5
		};
	});
});
const customers = (page) => places(page, 'scatter_layer_0_marks');
// The number beside it.
const count = async (page) => Number((await page.locator('#chart-1 .concat_1_layer_0_marks text').allTextContents()).join('').replace(/,/g, ''));

// Where on the page a place of the scatter is, which is made to stand in the window.
async function scatter(page) {
	await page.locator('#chart-1').evaluate((chart) => chart.scrollIntoView({ block: 'center' }));
	const field = await page.locator('#chart-1 .scatter_group .background').first().boundingBox();
	return (x, y) => ({ x: field.x + x * field.width, y: field.y + y * field.height });
}

async function visit(browser, seen, options = {}) {
	const page = await open(browser, itself, seen, options);
	if (options.javaScriptEnabled !== false)
		await page.evaluate(() => window.drawn);
	return page;
}

run(async (browser) => {
	const markdown = require('../../report/node_modules/markdown-it')('commonmark').enable('table');
	const seen = nothing();
	const desk = await visit(browser, seen);

	const drawn = await desk.locator('.drawing svg').count();
	is(drawn, expected.charts, 'every chart is drawn');
	const empty = await desk.$$eval('.drawing', (drawings) =>
		drawings.filter((d) => d.querySelectorAll('.role-mark path, .role-mark line, .role-mark text').length === 0).map((d) => d.id));
	is(empty, [], 'no chart is without marks');
	is(await desk.$$eval('.choice button', (buttons) => buttons.map((b) => b.textContent)), expected.personas, 'a button per persona, its name as it is');
	is(await desk.$$eval('.choice button', (buttons) => buttons.map((b) => b.title)), expected.personas, 'and as a whole under the pointer');
	is(await desk.$$eval('header tbody th', (cells) => cells.map((c) => c.textContent)), expected.lines, 'a row per segment, its name as it is');
	is(await blocks(desk), await blocks(desk, markdown.render(expected.story)), 'the story, as a library that knows all of Markdown reads it');
	await desk.screenshot({ path: path.join(folder, 'report.png'), fullPage: true });
	if (expected.points === null) {
		// of all groups of a model together, there is no scatter
		is(await serious(desk), [], 'no serious accessibility violation');
		is(elsewhere(seen, itself), [], 'nothing is asked of anybody');
		is(seen.complaints, [], 'no error and no warning in the console');
		return;
	}
	is(await desk.$$eval('#chart-1 .role-legend-label text', (labels) => labels.map((l) => (l.querySelector('title') || l).textContent)),
		expected.personas, 'so do legends');
	is(await points(desk), expected.points, 'a mark per customer');

	// a click on the legend shows one persona, in all charts; a second click on the button all of them again
	await desk.locator('#chart-1 .role-legend-symbol path').first().click();
	await desk.waitForFunction(() => document.querySelector('.choice button').getAttribute('aria-pressed') === 'true', null, { timeout: 5000 }).catch(() => {});
	is(await pointsBecome(desk, expected.first), expected.first, 'a click on a legend shows the customers of that persona');
	is(await desk.$$eval('.choice button', (buttons) => buttons.map((b) => b.getAttribute('aria-pressed'))),
		expected.personas.map((p, i) => String(i === 0)), 'its button is pressed');
	await desk.locator('.choice button').first().click();
	is(await pointsBecome(desk, expected.points), expected.points, 'its button shows everybody again');
	await desk.locator('.choice button').nth(1).focus();
	await desk.keyboard.press('Enter');
	is(await pointsBecome(desk, expected.second), expected.second, 'a button can be pressed by the keyboard');
	await desk.keyboard.press('Enter');
	await pointsBecome(desk, expected.points);

	// a rectangle in the scatter chooses customers, there and in the histograms along it; of a persona, if one is chosen
	let at = await scatter(desk);
	const rectangle = { left: 0.05, right: 0.48, top: 0.03, bottom: 0.71 };
	const middle = (c) => ({ x: (c.left + c.right) / 2, y: (c.top + c.bottom) / 2 });
	const inside = (c) => middle(c).x >= rectangle.left && middle(c).x <= rectangle.right && middle(c).y >= rectangle.top && middle(c).y <= rectangle.bottom;
	const before = { above: await places(desk, 'above_layer_1_marks'), beside: await places(desk, 'concat_3_layer_1_marks') };
	await desk.mouse.move(at(0.05, 0.03).x, at(0.05, 0.03).y);
	await desk.mouse.down();
	await desk.mouse.move(at(0.48, 0.71).x, at(0.48, 0.71).y, { steps: 5 });
	await desk.mouse.up();
	await desk.waitForTimeout(500);
	const brushed = await customers(desk);
	ok(brushed.some(inside) && !brushed.every(inside), 'some customers are in the rectangle', brushed.filter(inside).length, brushed.length);
	const edge = (c) => [middle(c).x - rectangle.left, middle(c).x - rectangle.right, middle(c).y - rectangle.top, middle(c).y - rectangle.bottom]
		.some((distance) => Math.abs(distance) < 0.005);
	is(brushed.filter((c) => c.bright !== inside(c) && !edge(c)), [], 'they stand out, and no others');
	is(await count(desk), brushed.filter((c) => c.bright).length, 'their number is told');
	const after = { above: await places(desk, 'above_layer_1_marks'), beside: await places(desk, 'concat_3_layer_1_marks') };
	ok(after.above.length > 0 && after.above.length < before.above.length && after.above.every((bar) => bar.right > rectangle.left && bar.left < rectangle.right)
		&& after.beside.length > 0 && after.beside.length < before.beside.length
		&& after.beside.every((bar) => bar.bottom > rectangle.top && bar.top < rectangle.bottom), 'the histograms show them alone', before, after);
	await desk.locator('.choice button').first().click();
	await pointsBecome(desk, expected.first);
	const both = (await customers(desk)).filter((c) => c.bright).length;
	is([await count(desk), both < expected.first], [both, true], 'of a persona, those in the rectangle');
	await desk.locator('.choice button').first().click();
	await pointsBecome(desk, expected.points);
	at = await scatter(desk);
	await desk.mouse.click(at(0.98, 0.98).x, at(0.98, 0.98).y);
	await desk.waitForTimeout(500);
	is([await count(desk), (await customers(desk)).filter((c) => !c.bright).length], [expected.points, 0], 'a click beside it ends it');

	// a value under the pointer
	await desk.locator('#chart-2 .mark-rect.role-mark path').first().hover();
	await desk.waitForSelector('#vg-tooltip-element.visible', { timeout: 5000 }).catch(() => {});
	const tooltip = await desk.$eval('#vg-tooltip-element', (t) => t.textContent).catch(() => '');
	ok(tooltip.includes(expected.personas[0]), 'hovering a bar shows its persona', tooltip);

	is(await serious(desk), [], 'no serious accessibility violation');

	const dark = await visit(browser, seen, { colorScheme: 'dark' });
	const [paper, ink] = await dark.evaluate(() => [getComputedStyle(document.body).backgroundColor,
		getComputedStyle(document.querySelector('#chart-1 .role-axis-label text')).fill]);
	const light = (colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, c) => sum + Number(c), 0) > 382;
	ok(!light(paper) && light(ink), 'dark where the reader has it dark, charts too', { paper, ink });
	is(await serious(dark), [], 'no serious accessibility violation in the dark');
	await dark.screenshot({ path: path.join(folder, 'report-dark.png'), fullPage: true });

	const phone = await visit(browser, seen, { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
	is(await phone.evaluate(() => document.documentElement.scrollWidth), 360, 'no wider than a phone');
	is(await phone.$$eval('.drawing', (drawings) => drawings.filter((d) => Math.abs(d.querySelector('svg').getBoundingClientRect().width - d.clientWidth) > 1)
		.map((d) => d.id)), [], 'every chart is as wide as its place');
	// a finger that moves sideways over the scatter draws a rectangle, up and down it moves the page
	const touch = await scatter(phone);
	const finger = await phone.context().newCDPSession(phone);
	const swipe = async (...places) => {
		for (const [i, place] of places.entries())
			await finger.send('Input.dispatchTouchEvent', { type: i ? 'touchMove' : 'touchStart', touchPoints: [place] });
		await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
		await phone.waitForTimeout(500);
	};
	const scrolled = await phone.evaluate(() => window.scrollY);
	await swipe(...[[0.1, 0.1], [0.2, 0.1], [0.3, 0.12], [0.4, 0.3], [0.6, 0.6]].map(([x, y]) => touch(x, y)));
	const chosen = (await customers(phone)).filter((c) => c.bright).length;
	is([chosen > 0 && chosen < expected.points, await phone.evaluate(() => window.scrollY)], [true, scrolled], 'a finger draws a rectangle');
	await swipe(...[0.9, 0.8, 0.7, 0.5, 0.3].map((y) => touch(0.5, y)));
	ok(await phone.evaluate(() => window.scrollY) > scrolled + 50, 'and moves the page', scrolled, await phone.evaluate(() => window.scrollY));
	await phone.screenshot({ path: path.join(folder, 'report-phone.png'), fullPage: true });

	await desk.emulateMedia({ media: 'print', colorScheme: 'dark' });
	ok(await desk.evaluate(() => getComputedStyle(document.querySelector('.choice')).display === 'none' &&
		getComputedStyle(document.body).color === 'rgb(0, 0, 0)'), 'black on white on paper, without buttons');

	const still = await visit(browser, seen, { javaScriptEnabled: false });
	ok(await still.locator('.story h2:visible').count() > expected.personas.length && await still.locator('button:visible').count() === 0
		&& /scripts/.test(await still.locator('main').innerText()), 'the story can be read without scripts, and what is missing is told');

	is(elsewhere(seen, itself), [], 'nothing is asked of anybody');
	is(seen.complaints, [], 'no error and no warning in the console');
	is(await desk.evaluate(() => window.intruder), undefined, 'no name ran as a script');
});
