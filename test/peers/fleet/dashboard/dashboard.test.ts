/** The live page of a fleet as Chromium shows it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, expect } from 'vitest';
import { endAll, endings, run, second, start } from '../../../fleet/dashboard/running-dashboard.js';
import { resultOf } from '../../../fleet/sample-fleet.js';
import { type Contrast, MIN_CONTRAST, startBrowser } from '../../../support/browser.js';
import { testWithPeers } from '../../../support/peers.js';

afterEach(endAll);

let browser: Promise<Browser> | undefined;
afterAll(async () => (await browser)?.close());

/** A page of the dashboard, and what it said and asked for. */
interface Opened {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

/** Waits for something to become true. `waitForFunction` would want to evaluate text inside the page, which its policy forbids. */
const until = (page: Page, condition: string) =>
  expect.poll(() => page.evaluate(condition), { timeout: 120_000 }).toBe(true);

async function open(url: string, width = 1280, colorScheme: 'light' | 'dark' = 'light'): Promise<Opened> {
  browser ??= startBrowser();
  const page = await (await browser).newPage({ viewport: { width, height: 844 }, colorScheme });
  page.setDefaultTimeout(120_000);
  endings.push(() => page.close());
  const opened: Opened = { page, complaints: [], requests: [] };
  page.on('console', (message) => opened.complaints.push(message.text()));
  page.on('pageerror', (error) => opened.complaints.push(error.message));
  page.on('request', (request) => opened.requests.push(request.url()));
  await page.goto(url);
  await until(page, `document.getElementById('status').dataset.state !== 'waiting'`);
  return opened;
}

/** Of each chart its name, its size and how many points its lines have. */
const CHARTS = `[...document.querySelectorAll('#charts svg.plot')].map((plot) => ({
  name: plot.getAttribute('aria-label'),
  width: plot.getBoundingClientRect().width,
  points: [...plot.querySelectorAll('path.line')].map((line) => (line.getAttribute('d').match(/[ML]/g) ?? []).length),
  height: Math.max(...[...plot.querySelectorAll('path.line')].map((line) => line.getBBox().height)),
}))`;
interface ShownChart {
  readonly name: string;
  readonly width: number;
  readonly points: readonly number[];
  readonly height: number;
}
const chartsOf = (page: Page) => page.evaluate<ShownChart[]>(CHARTS);

testWithPeers(['chromium'], 'Charts fill while the run goes on, and say in words what they show', async () => {
  const dashboard = await start();
  const { page, complaints, requests } = await open(dashboard.url);
  run(dashboard, 1, 40);
  await until(page, `document.querySelector('#charts svg.plot').getAttribute('aria-label').includes('0:40')`);
  const before = await chartsOf(page);
  expect(before).toHaveLength(5);
  for (const { width, points } of before) {
    expect(width).toBeGreaterThan(400);
    for (const count of points) expect(count).toBe(40);
  }
  run(dashboard, 41, 70);
  await until(page, `document.querySelector('#charts svg.plot').getAttribute('aria-label').includes('1:10')`);
  const after = await chartsOf(page);
  for (const { points, height, name } of after) {
    for (const count of points) expect(count).toBe(70);
    expect(height, name).toBeGreaterThan(20);
  }
  // movingInterval(70): 36 of 120 devices are up, 120 messages a second.
  expect(after[0]!.name).toBe('Devices, 1:10: wanted 120, up 36');
  expect(after[1]!.name).toMatch(/^Messages per second, 1:10: planned \d+, sent \d+, acknowledged \d+$/);
  expect(after[2]!.name).toMatch(/^Latency, 1:10: p50 \d+ ms, p99 [\d.]+ m?s$/);
  expect(after[3]!.name).toBe('Errors per second, 1:10: errors 40');
  expect(complaints).toEqual([]);
  expect(requests.every((request) => request.startsWith(`${dashboard.url}/`))).toBe(true);
});

testWithPeers(['chromium'], 'Numbers, groups, errors, phase and progress are those of the snapshot', async () => {
  const dashboard = await start({ scenario: '<b>a & "b"</b>' });
  const { page } = await open(dashboard.url);
  expect(await page.innerText('#groups')).toMatch(/hub\s+0\/100\s+0\s+–.*mqtts:\/\/broker\.example:8883/s);
  dashboard.update(second(90));
  await until(page, `document.getElementById('clock').textContent === '1:30 of 2:00'`);
  expect(await page.innerText('h1')).toBe('<b>a & "b"</b>');
  expect(await page.innerText('#phase')).toBe('hold');
  expect(await page.evaluate(`document.getElementById('progress').value`)).toBe(0.75);
  expect(await page.innerText('#up')).toBe('118 of 120');
  expect(await page.innerText('#sent')).toMatch(/^53,000 \d+\/s$/);
  expect(await page.innerText('#p50')).toBe('9.00 ms');
  expect(await page.innerText('#p99')).toBe('45.0 ms');
  expect(await page.innerText('#errors')).toBe('932');
  const rows = await page.locator('#groups tr').allInnerTexts();
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatch(/^hub\s+98\/100\s+49,000\s+\d+\s+48,800\s+\d+\s+8\.00 ms\s+40\.0 ms\s+932\s+mqtts:/);
  expect(rows[2]).toMatch(/^all\s+118\/120/);
  expect(await page.locator('#reasons tr').allInnerTexts()).toEqual([
    expect.stringMatching(/^dropped: offline\s+700$/),
    expect.stringMatching(/^message: http-503\s+150$/),
    expect.stringMatching(/^connection: ECONNRESET\s+62$/),
    expect.stringMatching(/^connect: ECONNREFUSED\s+20$/),
  ]);
});

testWithPeers(['chromium'], 'Who comes late sees what has been', async () => {
  const dashboard = await start();
  run(dashboard, 1, 80);
  const { page } = await open(dashboard.url);
  await until(page, `document.querySelector('#charts svg.plot').getAttribute('aria-label').includes('1:20')`);
  for (const { points } of await chartsOf(page)) expect(points).toEqual(points.map(() => 80));
});

testWithPeers(['chromium'], 'Under the pointer the legend says what was then', async () => {
  const dashboard = await start();
  run(dashboard, 1, 80);
  const { page } = await open(dashboard.url);
  await until(page, `document.querySelector('#charts svg.plot').getAttribute('aria-label').includes('1:20')`);
  const plot = page.locator('#charts svg.plot').first();
  const box = (await plot.boundingBox())!;
  await plot.hover({ position: { x: 58 + (box.width - 70) / 8, y: 80 } });
  // An eighth of 80 s, when 60 devices were up.
  await expect
    .poll(() => page.locator('figure').first().innerText(), { timeout: 120_000 })
    .toMatch(/at 0:10\s.*up 60/s);
});

testWithPeers(['chromium'], 'The end is shown: verdict, thresholds, report', async () => {
  const dashboard = await start();
  run(dashboard, 1, 60);
  const { page, complaints } = await open(dashboard.url);
  dashboard.finish(resultOf(), '<!doctype html><title>R</title><style>p { color: red }</style><p>the report</p>');
  await until(page, `document.getElementById('status').dataset.state === 'ended'`);
  expect(await page.innerText('#status')).toContain('The run has ended: on time, 1 of 3 thresholds failed.');
  expect(await page.innerText('#outcome')).toContain('✗ failed hub: errors.share < 0.1%: 1.9 %');
  expect(await page.innerText('#outcome')).toContain('✓ passed latency.p99 < 200ms: 45.0 ms');
  // What was shown is still there.
  for (const { points } of await chartsOf(page)) expect(points[0]).toBe(60);
  const late = await open(dashboard.url);
  await until(late.page, `document.getElementById('status').dataset.state === 'ended'`);
  expect(await late.page.innerText('#outcome')).toContain('on time');
  await page.click('text=Open the report');
  await page.waitForURL('**/report');
  expect(await page.innerText('p')).toBe('the report');
  expect(await page.evaluate(`getComputedStyle(document.querySelector('p')).color`)).toBe('rgb(255, 0, 0)');
  expect(complaints).toEqual([]);
});

testWithPeers(['chromium'], 'A lost connection is said, and when the run is back so is the page', async () => {
  const first = await start();
  run(first, 1, 10);
  const { page } = await open(first.url);
  await first.close();
  await until(page, `document.getElementById('status').dataset.state === 'lost'`);
  expect(await page.innerText('#status')).toContain('The connection to the run is lost');
  const again = await start({ port: Number(new URL(first.url).port), scenario: 'evening' });
  run(again, 1, 30);
  await until(page, `document.getElementById('scenario').textContent === 'evening'`);
  await until(page, `document.querySelector('#charts svg.plot').getAttribute('aria-label').includes('0:30')`);
  expect(await page.innerText('#status')).toContain('Connected');
});

testWithPeers(['chromium'], 'When the process ends after the run, the page keeps what it has and says so', async () => {
  const dashboard = await start();
  run(dashboard, 1, 10);
  const { page } = await open(dashboard.url);
  dashboard.finish(resultOf({ thresholds: [] }), '<p>x');
  await until(page, `document.getElementById('status').dataset.state === 'ended'`);
  await dashboard.close();
  await expect.poll(() => page.innerText('#status'), { timeout: 120_000 }).toContain('Its process has ended too');
  expect(await page.isVisible('text=Open the report')).toBe(false);
  expect(await page.innerText('#errors')).toBe('932');
});

testWithPeers(
  ['chromium'],
  'On a phone nothing has to be scrolled to the side, and text can be read in both schemes',
  async () => {
    const dashboard = await start({ scenario: 'a-very-long-name-without-any-space-'.repeat(4) });
    run(dashboard, 1, 80);
    const colors = new Set<string>();
    for (const width of [390, 1280]) {
      for (const scheme of ['light', 'dark'] as const) {
        const { page, complaints } = await open(dashboard.url, width, scheme);
        if (width === 1280 && scheme === 'dark') dashboard.finish(resultOf(), '<p>x');
        await until(page, `document.querySelector('#charts svg.plot').getAttribute('aria-label').includes('1:20')`);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        const { ratio, text, texts, page: color } = await page.evaluate<Contrast>(MIN_CONTRAST);
        expect(ratio, `${scheme}: ${text}`).toBeGreaterThanOrEqual(4.5);
        expect(texts).toBeGreaterThan(60);
        colors.add(color);
        expect(complaints).toEqual([]);
      }
    }
    expect(colors.size).toBe(2);
  },
);

testWithPeers(['chromium'], 'Readers of screens find names for everything, and keys reach what scrolls', async () => {
  const dashboard = await start();
  run(dashboard, 1, 5);
  const { page } = await open(dashboard.url);
  await page.waitForSelector('#reasons tr');
  expect(
    await page.evaluate(`({
      status: document.getElementById('status').ariaLive,
      unnamed: [...document.querySelectorAll('svg:not([aria-hidden])')].filter((svg) => !svg.getAttribute('aria-label')).length,
      progress: document.getElementById('progress').labels[0].textContent,
      scrolls: [...document.querySelectorAll('.scroll')].map((scroll) => [scroll.tabIndex, scroll.ariaLabel !== null]),
      rowHeads: document.querySelectorAll('tbody th[scope=row]').length,
    })`),
  ).toEqual({
    status: 'polite',
    unnamed: 0,
    progress: 'hold',
    scrolls: [
      [0, true],
      [0, true],
    ],
    rowHeads: 3 + 4,
  });
});
