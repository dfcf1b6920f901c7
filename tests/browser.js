// What tests in a browser share: Debian's headless Chromium, driven by the packages that make assets fetches; what a page asks
// for and complains of; accessibility; TAP.
'use strict';
const fs = require('fs');
const path = require('path');

const modules = path.join(__dirname, '../report/node_modules');

const executablePath = process.env.PATH.split(':')
	.flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => path.join(folder, name)))
	.find((file) => fs.existsSync(file));

let tests = 0;
function ok(passed, name, ...details) {
	tests++;
	console.log(`${passed ? 'ok' : 'not ok'} ${tests} - ${name}`);
	if (!passed)
		details.forEach((detail) => console.log('# ' + JSON.stringify(detail).slice(0, 2000)));
}
const is = (got, wanted, name) => ok(JSON.stringify(got) === JSON.stringify(wanted), name, { got, wanted });

// Runs the tests of an async function of a browser, and ends the program with the plan, or says why it cannot.
function run(tell) {
	const missing = !executablePath ? 'there is no chromium'
		: !fs.existsSync(path.join(modules, 'playwright-core')) ? 'the modules that drive it are not here (make assets)' : null;
	if (missing) {
		console.log(`1..0 # SKIP ${missing}`);
		return;
	}
	(async () => {
		const { chromium } = require(path.join(modules, 'playwright-core'));
		const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
		try {
			await tell(browser);
		} finally {
			await browser.close();
		}
		console.log(`1..${tests}`);
	})().catch((error) => {
		console.log(`Bail out! ${error.stack}`);
		process.exit(1);
	});
}

// A page that has loaded an address, in a context of its own with the options of newContext. What it asks for and what its
// console complains of, from then on, is added to seen.
const nothing = () => ({ requests: [], complaints: [] });
async function open(browser, address, seen = nothing(), options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
	const page = await context.newPage();
	page.on('request', (request) => seen.requests.push(request.url()));
	page.on('websocket', (socket) => seen.requests.push(socket.url()));
	page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) seen.complaints.push(message.text()); });
	page.on('pageerror', (error) => seen.complaints.push(String(error)));
	await page.goto(address);
	return page;
}

// The requests that went elsewhere than to the server of an address; for a file, to anything but itself.
function elsewhere(seen, address) {
	const { protocol, host } = new URL(address);
	return seen.requests.filter((r) => !/^(data|blob):/.test(r) && (protocol === 'file:' ? r !== address : new URL(r).host !== host));
}

// What axe-core finds that keeps people out.
async function serious(page) {
	// A page's policy may let no script in; that of the tester is evaluated.
	await page.evaluate(fs.readFileSync(path.join(modules, 'axe-core/axe.min.js'), 'utf8'));
	const { violations } = await page.evaluate(() => window.axe.run());
	return violations.filter((v) => ['serious', 'critical'].includes(v.impact))
		.map((v) => ({ id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)) }));
}

module.exports = { ok, is, run, nothing, open, elsewhere, serious };
