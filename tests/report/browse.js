// Opens a page of segment.report in headless Chromium as a reader would, and checks what it shows: prints TAP.
//
// usage: node tests/report/browse.js PAGE FOLDER <expected.json
//        FOLDER: where pictures go; expected.json: {"personas": [...], "lines": [...] of the table, "charts": number, "points":
//        customers, null where no chart shows them one by one, "first" and "second": those of the first and the second persona}
'use strict';
const fs = require('fs');
const path = require('path');
const url = require('url');
const { ok, is, run, nothing, open, elsewhere, serious } = require('../browser.js');

const [page_file, folder] = process.argv.slice(2).map((file) => path.resolve(file));
const itself = url.pathToFileURL(page_file).href;
const expected = JSON.parse(fs.readFileSync(0, 'utf8'));

// The marks of the customers in the scatter, which is the first chart.
const points = (page) => page.locator('#chart-1 .mark-symbol.role-mark.layer_0_marks path').count();

// Their number, when it has become this or five seconds have passed.
async function pointsBecome(page, wanted) {
	for (let i = 0; i < 50 && await points(page) !== wanted; i++)
		await page.waitForTimeout(100);
	return points(page);
}

async function visit(browser, seen, options) {
	const page = await open(browser, itself, seen, options);
	await page.evaluate(() => window.drawn);
	return page;
}

run(async (browser) => {
	const seen = nothing();
	const desk = await visit(browser, seen);

	const drawn = await desk.locator('.drawing svg').count();
	is(drawn, expected.charts, 'every chart is drawn');
	const empty = await desk.$$eval('.drawing', (drawings) =>
		drawings.filter((d) => d.querySelectorAll('.role-mark path, .role-mark line, .role-mark text').length === 0).map((d) => d.id));
	is(empty, [], 'no chart is without marks');
	if (expected.points !== null)
		is(await points(desk), expected.points, 'a mark per customer');
	is(await desk.$$eval('.choice button', (buttons) => buttons.map((b) => b.textContent)), expected.personas, 'a button per persona, its name as it is');
	is(await desk.$$eval('tbody th', (cells) => cells.map((c) => c.textContent)), expected.lines, 'a row per persona or group, its name as it is');
	await desk.screenshot({ path: path.join(folder, 'report.png'), fullPage: true });

	if (expected.points !== null) {
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
	}

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
	await phone.screenshot({ path: path.join(folder, 'report-phone.png'), fullPage: true });

	await desk.emulateMedia({ media: 'print', colorScheme: 'dark' });
	ok(await desk.evaluate(() => getComputedStyle(document.querySelector('.choice')).display === 'none' &&
		getComputedStyle(document.body).color === 'rgb(0, 0, 0)'), 'black on white on paper, without buttons');

	is(elsewhere(seen, itself), [], 'nothing is asked of anybody');
	is(seen.complaints, [], 'no error and no warning in the console');
	is(await desk.evaluate(() => window.intruder), undefined, 'no name ran as a script');
});
