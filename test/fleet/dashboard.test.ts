/** The live page of a fleet: its server by itself, and the page as Chromium shows it. */
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type Dashboard, startDashboard } from '../../src/fleet/dashboard/dashboard.js';
import { EventStream } from '../../src/fleet/dashboard/event-stream.js';
import { isOwnHost } from '../../src/fleet/dashboard/hosts.js';
import type { FleetSnapshot } from '../../src/fleet/snapshot.js';
import { type Contrast, LEAST_CONTRAST, startBrowser } from '../support/browser.js';
import { testWithPeers } from '../support/peers.js';
import { groupOf, movingInterval, resultOf, snapshotOf } from './sample-fleet.js';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const GROUPS = [
  { name: 'hub', devices: 100, target: 'mqtts://broker.example:8883' },
  { name: 'doorbell', devices: 20, target: 'https://api.example/v1' },
];

async function start(some: { scenario?: string; port?: number } = {}): Promise<Dashboard> {
  const options = { host: '127.0.0.1', port: 0, scenario: 'morning', seed: 'seed-7', groups: GROUPS, ...some };
  const dashboard = await startDashboard(options);
  endings.push(() => dashboard.close());
  return dashboard;
}

const second = (at: number, some: Partial<FleetSnapshot> = {}): FleetSnapshot =>
  snapshotOf({ elapsedSeconds: at, interval: movingInterval(at), ...some });

function run(dashboard: Dashboard, from: number, to: number): void {
  for (let at = from; at <= to; at++) dashboard.update(second(at));
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A request as a browser that was led astray would make it: `fetch` sets the field Host by itself. */
function ask(url: string, { host, method = 'GET' }: { host?: string; method?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, ...(host === undefined ? {} : { headers: { host } }) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    request.on('error', reject).end();
  });
}

test('Files are served with a policy that lets the page load its own files, and nothing else', async () => {
  const { url } = await start();
  for (const [path, type] of [
    ['/', 'text/html'],
    ['/page.js', 'text/javascript'],
    ['/chart.js', 'text/javascript'],
    ['/format.js', 'text/javascript'],
    ['/page.css', 'text/css'],
    ['/icon.svg', 'image/svg+xml'],
  ]) {
    const { status, headers, text } = await ask(url + path);
    expect([status, headers['content-type']], path).toEqual([200, `${type}; charset=utf-8`]);
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  }
});

test('Nothing but GET, and nothing but what there is', async () => {
  const { url } = await start();
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
    const { status, headers } = await ask(url, { method });
    expect([status, headers['allow']]).toEqual([405, 'GET']);
  }
  for (const path of ['/report', '/x', '/static/page.js', '/../dashboard.js', '/%2e%2e/dashboard.js'])
    expect((await ask(url + path)).status, path).toBe(404);
});

test('A request for another host is refused, whatever it asks for', async () => {
  const { url } = await start();
  for (const path of ['/', '/events', '/snapshot.json', '/page.js']) {
    expect((await ask(url + path, { host: 'rebound.example:8080' })).status).toBe(403);
  }
  expect((await ask(url, { host: 'localhost:1234' })).status).toBe(200);
});

test.each([
  ['localhost', '127.0.0.1', true],
  ['LOCALHOST:80', '127.0.0.1', true],
  ['127.0.0.1:9000', '127.0.0.1', true],
  ['127.1.2.3', '127.0.0.1', true],
  ['[::1]:9000', '127.0.0.1', true],
  ['127.0.0.1.rebound.example', '127.0.0.1', false],
  ['localhost.rebound.example', '127.0.0.1', false],
  ['192.168.1.5', '127.0.0.1', false],
  ['192.168.1.5:80', '192.168.1.5', true],
  ['lab.example', 'lab.example', true],
  ['other.example', 'lab.example', false],
  ['192.168.1.5', '0.0.0.0', true],
  ['[fd00::5]:80', '::', true],
  ['rebound.example', '0.0.0.0', false],
  ['user@localhost', '127.0.0.1', false],
  ['', '127.0.0.1', false],
  [undefined, '127.0.0.1', false],
])('Host %s of a server on %s: %s', (header, bound, expected) => {
  expect(isOwnHost(header, bound)).toBe(expected);
});

test('A port in use is an error that says so', async () => {
  const taken = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  endings.push(() => new Promise((resolve) => taken.close(resolve)));
  // A TCP server has an address and a port.
  const { port } = taken.address() as AddressInfo;
  await expect(start({ port })).rejects.toMatchObject({
    code: 'SYNTH_SYSTEM_LIMIT',
    message: expect.stringContaining(`port ${port}: the port is in use`),
  });
});

test('The latest snapshot is there as JSON', async () => {
  const dashboard = await start();
  expect((await ask(`${dashboard.url}/snapshot.json`)).status).toBe(503);
  run(dashboard, 1, 3);
  const { status, text } = await ask(`${dashboard.url}/snapshot.json`);
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({
    elapsedSeconds: 3,
    groups: [{ name: 'hub', errors: { 'connect: ECONNREFUSED': 20 }, counts: { sent: 49_000 } }, {}],
  });
});

/** Somebody who reads events as they come, or does not. */
function listenTo(url: string): {
  readonly text: () => string;
  readonly ended: () => boolean;
  pause(): void;
  resume(): void;
} {
  const { port } = new URL(url);
  const parts: string[] = [];
  let isOver = false;
  const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8');
  endings.push(async () => void socket.destroy());
  socket.on('data', (part) => void parts.push(String(part)));
  socket.on('close', () => {
    isOver = true;
  });
  socket.on('error', () => {});
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return {
    text: () => parts.join(''),
    ended: () => isOver,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}

test('Events begin with what has been, and go on with what is; a long history is bounded', async () => {
  const dashboard = await start();
  run(dashboard, 1, 5000);
  const reader = listenTo(dashboard.url);
  await expect.poll(reader.text, { timeout: 20_000 }).toContain('event: now');
  const points = JSON.parse(/event: points\ndata: (.*)\n/.exec(reader.text())![1]!) as { at: number }[];
  expect(points.length).toBeGreaterThan(250);
  expect(points.length).toBeLessThanOrEqual(600);
  expect(points.at(-1)!.at).toBe(5000);
  expect(reader.text()).toContain('retry: 2000');
  dashboard.update(second(5001));
  await expect.poll(reader.text, { timeout: 20_000 }).toContain('"elapsedSeconds":5001');
});

test('A reader who reads too slowly is dropped, the others are not', async () => {
  const dashboard = await start();
  const slow = listenTo(dashboard.url);
  const fast = listenTo(dashboard.url);
  await expect
    .poll(() => [slow.text(), fast.text()], { timeout: 20_000 })
    .toEqual([expect.stringContaining('event: points'), expect.stringContaining('event: points')]);
  slow.pause();
  const groups = Array.from({ length: 2000 }, (_, index) => groupOf({ name: `group-${index}` }));
  // Some 300 kB each, so more than sockets of any system hold.
  for (let at = 1; at <= 100; at++) {
    dashboard.update(second(at, { groups }));
    await expect.poll(fast.text, { timeout: 20_000, interval: 5 }).toContain(`"elapsedSeconds":${at},`);
  }
  slow.resume();
  await expect.poll(slow.ended, { timeout: 20_000 }).toBe(true);
  expect(slow.text()).not.toContain('"elapsedSeconds":100,');
  expect(fast.ended()).toBe(false);
});

test('A quiet connection is kept by comments', async () => {
  const stream = new EventStream(20);
  const server = createServer((_, response) => stream.open(response, [['hello', 1]]));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(async () => {
    stream.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  // A TCP server has an address and a port.
  const reader = listenTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await expect.poll(reader.text, { timeout: 20_000 }).toMatch(/event: hello\ndata: 1\n\n[^:]*: still here\n\n/);
});

test('Closing ends those who read, and the server', async () => {
  const dashboard = await start();
  const reader = listenTo(dashboard.url);
  await expect.poll(reader.text, { timeout: 20_000 }).toContain('event: hello');
  await dashboard.close();
  await expect.poll(reader.ended, { timeout: 20_000 }).toBe(true);
  await expect(ask(dashboard.url)).rejects.toThrow();
});

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
  expect.poll(() => page.evaluate(condition), { timeout: 50_000 }).toBe(true);

async function open(url: string, width = 1280, colorScheme: 'light' | 'dark' = 'light'): Promise<Opened> {
  browser ??= startBrowser();
  const page = await (await browser).newPage({ viewport: { width, height: 844 }, colorScheme });
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
  await expect.poll(() => page.locator('figure').first().innerText(), { timeout: 20_000 }).toMatch(/at 0:10\s.*up 60/s);
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
  await expect.poll(() => page.innerText('#status'), { timeout: 20_000 }).toContain('Its process has ended too');
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
        const { ratio, text, texts, page: color } = await page.evaluate<Contrast>(LEAST_CONTRAST);
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
