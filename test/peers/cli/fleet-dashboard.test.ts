/** What people look at while a fleet runs, and afterwards, in a browser: the live page and the report of real runs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, expect } from 'vitest';
import { stringify } from 'yaml';
import { startBrowser } from '../../support/browser.js';
import { synth, workFolder } from '../../support/cli.js';
import { projectRoot } from '../../support/files.js';
import { mediaServer } from '../../support/fleet-servers.js';
import { startMosquitto } from '../../support/mosquitto.js';
import { testWithPeers } from '../../support/peers.js';
import { type Running, startSynth } from '../../support/running.js';

const cwd = workFolder();
const model = (name: string) => join(projectRoot, 'examples/models', `${name}.safetensors`);

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

let browser: Promise<Browser> | undefined;
afterAll(async () => (await browser)?.close());

/** Screenshots go there, for whoever wants to look. */
const pictures = process.env['SYNTH_TEST_PICTURES'];

const WIDTHS = [1280, 390] as const;

interface Opened {
  readonly page: Page;
  readonly width: number;
  readonly complaints: string[];
  readonly requests: string[];
}

async function open(url: string, width: number): Promise<Opened> {
  browser ??= startBrowser();
  const page = await (await browser).newPage({ viewport: { width, height: 844 } });
  endings.push(() => page.close());
  const opened: Opened = { page, width, complaints: [], requests: [] };
  page.on('console', (message) => opened.complaints.push(message.text()));
  page.on('pageerror', (error) => opened.complaints.push(error.message));
  page.on('request', (request) => opened.requests.push(request.url()));
  await page.goto(url);
  return opened;
}

async function takePicture({ page, width }: Opened, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}-${width}.png`), fullPage: true });
}

const until = (page: Page, condition: string) =>
  expect.poll(() => page.evaluate(condition), { timeout: 240_000 }).toBe(true);

const pageWidth = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth');

interface ShownChart {
  readonly name: string;
  readonly points: readonly number[];
  readonly height: number;
}
const chartsOf = (page: Page) =>
  page.evaluate<ShownChart[]>(`[...document.querySelectorAll('#charts svg.plot')].map((plot) => {
    const lines = [...plot.querySelectorAll('path.line')];
    return {
      name: plot.getAttribute('aria-label'),
      points: lines.map((line) => (line.getAttribute('d').match(/[ML]/g) ?? []).length),
      height: Math.max(...lines.map((line) => line.getBBox().height)),
    };
  })`);

/** Of each group, and of all: what stands in its columns. */
async function rowsOf(page: Page): Promise<Record<string, Record<string, string>>> {
  const rows = await page.evaluate<string[][]>(
    `[...document.querySelectorAll('#groups tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`,
  );
  const columns = ['up', 'sent', 'sentRate', 'acknowledged', 'acknowledgedRate', 'p50', 'p99', 'errors', 'target'];
  return Object.fromEntries(
    rows.map(([name, ...cells]) => [name!, Object.fromEntries(columns.map((column, at) => [column, cells[at]!]))]),
  );
}

const numberIn = (text: string): number => Number(text.replaceAll(',', ''));

interface GroupSummary {
  readonly name: string;
  readonly devices: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly durations: { readonly latency: { readonly count: number; readonly p50Ns: number; readonly p99Ns: number } };
}

const summaryOf = (name: string): { readonly total: GroupSummary; readonly groups: readonly GroupSummary[] } =>
  JSON.parse(readFileSync(join(cwd, name), 'utf8'));

/** How the page writes it; the units are few in a run on this host. */
const nsText = (ns: number): string => {
  const [size, unit] = ns < 1e6 ? [1e3, 'µs'] : ns < 1e9 ? [1e6, 'ms'] : [1e9, 's'];
  return `${ns / size < 999.5 ? (ns / size).toPrecision(3) : (ns / size).toFixed(0)} ${unit}`;
};

interface Fleet {
  readonly path: string;
  readonly hasLatency: boolean;
}

/** Two groups of a few dozen devices, which talk to a broker, or without one send datagrams. */
async function fleet(name: string, phases: readonly object[]): Promise<Fleet> {
  const path = join(cwd, `${name}.yaml`);
  const [target, hasLatency] = await broker();
  const groups = [
    { name: 'thermostat', model: model('telemetry'), count: 20, speed: 20 },
    { name: 'doorbell', model: model('doorbell'), count: 10, speed: 2 },
  ].map((group) => (hasLatency ? { ...group, qos: 1 } : group));
  writeFileSync(path, stringify({ name: 'two groups', targets: { target }, groups, phases }));
  return { path, hasLatency };
}

async function broker(): Promise<[url: string, hasLatency: boolean]> {
  const started = await startMosquitto().catch(() => undefined);
  if (started !== undefined) {
    endings.push(() => started.stop());
    return [`mqtt://127.0.0.1:${started.port}`, true];
  }
  const media = await mediaServer();
  endings.push(() => media.close());
  return [media.url, false];
}

function start(args: readonly string[]): Running {
  const running = startSynth(args, cwd);
  endings.push(() => running.stop());
  return running;
}

const dashboardOf = async (running: Running): Promise<string> => (await running.said(/Dashboard: (http:\S+)/))[1]!;

const GROUPS = ['thermostat', 'doorbell', 'all'];

type Shown = readonly [charts: readonly ShownChart[], rows: Awaited<ReturnType<typeof rowsOf>>];

/** A chart of what does not happen in these runs. */
const isFlat = (name: string, hasLatency: boolean): boolean =>
  name.startsWith('Errors') || (name.startsWith('Latency') && !hasLatency);

/** Whether every curve has more points, and every group more messages. */
const moreShown = ([charts, rows]: Shown, [chartsNow, rowsNow]: Shown, hasLatency: boolean): boolean =>
  charts.every(({ name, points }, index) => isFlat(name, hasLatency) || chartsNow[index]!.points[0]! > points[0]!) &&
  GROUPS.every((group) =>
    ['sent', 'acknowledged'].every((column) => numberIn(rowsNow[group]![column]!) > numberIn(rows[group]![column]!)),
  );

testWithPeers(
  ['chromium'],
  'a run is seen live, its last numbers are those of the summary, and its end is said',
  async () => {
    const { path, hasLatency } = await fleet('live', [{ ramp: '3s' }, { hold: '1h' }]);
    const running = start(['fleet', 'run', path, '--dashboard', ':0', '--summary', 'live.json', '--seed', '1']);
    const url = await dashboardOf(running);
    const opened = await Promise.all(WIDTHS.map((width) => open(url, width)));
    for (const { page } of opened) {
      await until(page, `document.getElementById('phase').textContent === 'hold'`);
      await until(page, `document.querySelectorAll('#charts svg.plot').length === 5`);
    }
    const before = await Promise.all(
      opened.map(async ({ page }) => [await chartsOf(page), await rowsOf(page)] as const),
    );
    for (const [at, { page }] of opened.entries()) {
      await expect
        .poll(async () => moreShown(before[at]!, [await chartsOf(page), await rowsOf(page)], hasLatency), {
          timeout: 240_000,
        })
        .toBe(true);
    }
    for (const [at, one] of opened.entries()) {
      const [charts, rows] = [await chartsOf(one.page), await rowsOf(one.page)];
      charts.forEach(({ name, height }, index) => {
        if (isFlat(name, hasLatency)) return;
        expect(height, name).toBeGreaterThan(20);
        expect(name).not.toBe(before[at]![0][index]!.name);
      });
      expect(Object.keys(rows)).toEqual(GROUPS);
      expect(await pageWidth(one.page)).toBeLessThanOrEqual(one.width);
      await takePicture(one, 'live');
    }
    running.signal('SIGINT');
    expect((await running.finished).code).toBe(130);
    const { total, groups } = summaryOf('live.json');
    for (const one of opened) {
      const { page } = one;
      await expect
        .poll(() => page.innerText('#status'), { timeout: 240_000 })
        .toMatch(/run has ended.*process has ended too/);
      const rows = await rowsOf(page);
      for (const { name, devices, counts, durations } of [...groups, { ...total, name: 'all' }]) {
        const { latency } = durations;
        expect(rows[name]).toMatchObject({
          up: `0/${devices}`,
          sent: counts['sent']!.toLocaleString('en-US'),
          acknowledged: counts['acknowledged']!.toLocaleString('en-US'),
          p50: latency.count > 0 ? nsText(latency.p50Ns) : '–',
          p99: latency.count > 0 ? nsText(latency.p99Ns) : '–',
          errors: '0',
        });
      }
      expect(await page.isVisible('#report a')).toBe(false);
      expect(await pageWidth(page)).toBeLessThanOrEqual(one.width);
      await takePicture(one, 'ended');
      // Chromium itself says in the console that it cannot reach the server any more.
      expect(one.complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
      expect(one.requests.filter((request) => !request.startsWith(`${url}/`))).toEqual([]);
    }
  },
);

testWithPeers(['chromium'], 'synth fleet dashboard stays after the run, with the report, until Ctrl-C', async () => {
  const { path } = await fleet('stays', [{ ramp: '1s' }, { hold: '3s' }]);
  const running = start(['fleet', 'dashboard', path, '--seed', '1', '--json']);
  const one = await open(await dashboardOf(running), 1280);
  const { page } = one;
  await until(page, `document.getElementById('status').dataset.state === 'ended'`);
  await running.said(/stays until Ctrl-C/);
  await takePicture(one, 'stays');
  await page.click('text=Open the report');
  await page.waitForURL('**/report');
  expect(await page.innerText('h1')).toBe('two groups');
  expect(await page.locator('figure svg').count()).toBeGreaterThan(4);
  expect(one.complaints).toEqual([]);
  await page.goBack();
  await until(page, `document.getElementById('status').dataset.state === 'ended'`);
  running.signal('SIGINT');
  const { code, stdout, stderr } = await running.finished;
  const { verdict } = JSON.parse(stdout.toString()) as { verdict: string };
  // It ends as its run did.
  expect([code, verdict], stderr).toEqual(code === 6 ? [6, 'generator-bound'] : [0, 'on-time']);
  await expect.poll(() => page.innerText('#status'), { timeout: 240_000 }).toContain('Its process has ended too');
});

testWithPeers([], 'synth fleet dashboard ends as its run did, though it is ended by a signal', async () => {
  const { path } = await fleet('fails', [{ ramp: '0s' }, { hold: '2s' }]);
  const scenario = readFileSync(path, 'utf8');
  writeFileSync(path, `${scenario}thresholds: [sent.count > 1000000]\n`);
  const failed = start(['fleet', 'dashboard', path]);
  await failed.said(/stays until Ctrl-C/);
  failed.signal('SIGTERM');
  expect((await failed.finished).code).toBe(99);
  // In the middle of the run it is one that was interrupted, and nobody has to end it twice.
  writeFileSync(path, scenario.replace('2s', '1h'));
  const interrupted = start(['fleet', 'dashboard', path]);
  const url = await dashboardOf(interrupted);
  await expect.poll(async () => (await fetch(`${url}/snapshot.json`)).status, { timeout: 240_000 }).toBe(200);
  interrupted.signal('SIGINT');
  expect((await interrupted.finished).code).toBe(130);
});

testWithPeers(['chromium'], 'the report of a run is whole in a browser, wide and narrow', async () => {
  const { path, hasLatency } = await fleet('reported', [{ ramp: '2s' }, { hold: '5s' }, { ramp_down: '1s' }]);
  const { code, stderr } = await synth(['fleet', 'run', path, '--report', 'reported.html', '--seed', '1'], { cwd });
  expect([0, 6], stderr).toContain(code);
  const url = pathToFileURL(join(cwd, 'reported.html')).href;
  for (const width of WIDTHS) {
    const one = await open(url, width);
    const { page } = one;
    const charts = await page.evaluate<{ title: string; marks: number; height: number }[]>(
      `[...document.querySelectorAll('figure')].map((figure) => {
        const marks = [...figure.querySelectorAll('.panels svg path[stroke], .panels svg path[fill]')].map((path) => path.getBBox());
        return {
          title: figure.querySelector('h3').textContent,
          marks: marks.length,
          height: Math.max(0, ...marks.map(({ height }) => height)),
        };
      })`,
    );
    const filled = ['Devices', 'Messages per second', ...(hasLatency ? ['Latency'] : []), 'Bytes per second'];
    for (const title of filled) {
      const chart = charts.find((one) => one.title === title);
      expect(chart?.height, title).toBeGreaterThan(20);
    }
    expect(charts.find(({ title }) => title.startsWith('Errors per second'))).toBeDefined();
    expect(await pageWidth(page)).toBeLessThanOrEqual(width);
    expect(one.requests).toEqual([url]);
    expect(one.complaints).toEqual([]);
    await takePicture(one, 'report');
  }
});
