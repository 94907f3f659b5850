/** The report of a fleet as Chromium shows it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, expect } from 'vitest';
import { EVIL, RESULTS, sampleFleetReports } from '../../report/sample-fleet-reports.js';
import { type Contrast, MIN_CONTRAST, startBrowser } from '../../support/browser.js';
import { testWithPeers } from '../../support/peers.js';

const folder = mkdtempSync(join(tmpdir(), 'synth-fleet-report-'));
const fileOf = (name: string) => join(folder, `${name}.html`);

/** Writes the reports, and starts a browser for all tests that look at them. */
async function start(): Promise<Browser> {
  for (const [name, page] of await sampleFleetReports()) writeFileSync(fileOf(name), page);
  return startBrowser();
}

let browser: Promise<Browser> | undefined;
afterAll(async () => {
  await (await browser)?.close();
  rmSync(folder, { recursive: true });
});

interface Look {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly media?: 'screen' | 'print';
}

/** Looks at some reports in this way. Whatever one says on the console, and whatever it asks for, fails the test. */
async function look(
  names: readonly string[],
  { width = 1280, colorScheme = 'light', media = 'screen' }: Look,
  body: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  browser ??= start();
  const page = await (await browser).newPage({ viewport: { width, height: 900 }, colorScheme });
  await page.emulateMedia({ media, colorScheme });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  for (const name of names) {
    requests.length = 0;
    const url = pathToFileURL(fileOf(name)).href;
    await page.goto(url);
    await page.evaluate(`document.querySelectorAll('details').forEach((details) => { details.open = true; })`);
    await body(page, name);
    expect(complaints, name).toEqual([]);
    expect(requests, name).toEqual([url]);
  }
  await page.close();
}

const ALL = Object.keys(RESULTS);

interface ShownChart {
  readonly name: string;
  readonly marks: number;
  readonly width: number;
  readonly fontPx: number;
  readonly bands: number;
}

const SHOWN_CHARTS = `[...document.querySelectorAll('figure svg[role=img]')]
  .filter((svg) => svg.checkVisibility())
  .map((svg) => {
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const fonts = [...svg.querySelectorAll('text')].map((text) => parseFloat(getComputedStyle(text).fontSize) * scale);
    return {
      name: svg.getAttribute('aria-label') ?? '',
      marks: [...svg.querySelectorAll('.mark')].filter((mark) => {
        const { width, height } = mark.getBoundingClientRect();
        return width > 0 || height > 0;
      }).length,
      width: box.width,
      fontPx: Math.min(...fonts),
      bands: svg.querySelectorAll('[fill="var(--outage)"], [fill="var(--outage)"] path').length,
    };
  })`;

/** Charts over time, and of groups, where there is something to draw. */
const CHARTS: Readonly<Record<string, number>> = {
  whole: 6,
  empty: 0,
  silent: 4,
  unanswered: 4,
  single: 6,
  many: 6,
  evil: 6,
};

testWithPeers(
  ['chromium'],
  'Charts are there where there is something to draw, and say in words what they show',
  async () => {
    for (const width of [1280, 390]) {
      await look(ALL, { width }, async (page, name) => {
        const charts = await page.evaluate<ShownChart[]>(SHOWN_CHARTS);
        expect(charts.length, name).toBe(CHARTS[name]);
        for (const chart of charts) {
          expect(chart.name, name).toMatch(/\w{4,}.*\d/);
          expect(chart.marks, `${name}: ${chart.name}`).toBeGreaterThan(0);
          expect(chart.width).toBeGreaterThan(200);
          expect(chart.fontPx).toBeGreaterThanOrEqual(9);
        }
      });
    }
  },
);

testWithPeers(['chromium'], 'Outages are marked in all charts over time, and listed', async () => {
  await look(['whole', 'silent', 'unanswered'], {}, async (page, name) => {
    const charts = await page.evaluate<ShownChart[]>(SHOWN_CHARTS);
    const overTime = charts.filter((chart) => chart.name.includes(' over '));
    expect(overTime.length).toBeGreaterThan(3);
    for (const { bands } of overTime) expect(bands > 0).toBe(name !== 'silent');
    const listed = await page.locator('[aria-label="Outages"] tbody tr').allInnerTexts();
    if (name === 'whole')
      expect(listed).toEqual([expect.stringMatching(/^60\.0 s to 73\.0 s\s+13\.0 s\s+84\s+connection: ECONNRESET$/)]);
    if (name === 'unanswered') expect(listed[0]).toMatch(/^0 s to the end\s+–\s+5/);
    if (name === 'silent') expect(listed).toEqual([]);
  });
});

testWithPeers(['chromium'], 'The numbers are those of the result', async () => {
  await look(['whole'], {}, async (page) => {
    const hero = await page.innerText('.hero');
    for (const part of [
      'on time',
      '2 of 3 thresholds passed',
      '53,000',
      '52,800',
      '932',
      '9.00 ms',
      '45.0 ms',
      '2.50 ms',
    ])
      expect(hero).toContain(part);
    const rows = (label: string) => page.locator(`[aria-label="${label}"] tbody tr`).allInnerTexts();
    expect(await rows('Thresholds')).toEqual([
      expect.stringMatching(/^latency\.p99 < 200ms\s+45\.0 ms\s+✓ passed$/),
      expect.stringMatching(/^hub: errors\.share < 0\.1%\s+1\.9 %\s+✗ failed$/),
      expect.stringMatching(/^acknowledged\.rate > 100\/s\s+439\/s\s+✓ passed$/),
    ]);
    expect(await rows('Connections of the groups')).toEqual([
      expect.stringMatching(/^hub\s+100\s+98\s+180\s+160\s+60\s+20\s+62$/),
      expect.stringMatching(/^doorbell\s+20\s+20\s+20\s+20\s+0\s+0\s+0$/),
      expect.stringMatching(/^all\s+120\s+118\s+200\s+180\s+60\s+20\s+62$/),
    ]);
    expect((await rows('Latency of the groups'))[0]).toMatch(/^hub\s+8\.00 ms\s+24\.0 ms\s+40\.0 ms\s+80\.0 ms$/);
    expect((await rows('Errors by reason'))[0]).toMatch(/^dropped: offline\s+700\s+75\.1 %\s+hub$/);
    expect((await rows('Fidelity of the groups'))[2]).toMatch(/^all\s+95\.2\s+0\.048\s+0\.005\s+20\s+6,900$/);
    const text = await page.innerText('main');
    expect(text).toContain('planned 54,000 = sent 53,000 + dropped 700 + waiting at the end 300');
    expect(text).toContain('sent 53,000 = acknowledged 52,800 + failed 150 + without an answer at the end 50');
  });
});

testWithPeers(['chromium'], 'What could not be measured is said in words', async () => {
  await look(['empty', 'silent', 'unanswered'], {}, async (page, name) => {
    const text = await page.innerText('main');
    if (name === 'empty') expect(text).toContain('the run was over before its first interval was');
    if (name === 'silent') expect(text).toContain('interrupted');
    if (name !== 'empty') expect(text).toContain('not enough data: there was nothing to measure');
    expect(text).toContain('not enough data: no message was acknowledged');
  });
});

testWithPeers(['chromium'], 'Of a hundred groups the chart has twenty, and the tables all', async () => {
  await look(['many'], {}, async (page) => {
    expect(await page.locator('[aria-label="Messages of the groups"] tbody tr').count()).toBe(101);
    expect(await page.innerText('main')).toContain('of 20 of 100');
  });
});

testWithPeers(['chromium'], 'Names are shown as the text they are', async () => {
  await look(['evil'], {}, async (page) => {
    expect(await page.innerText('h1')).toBe(EVIL);
    const text = await page.innerText('main');
    // Scenario, seed, threshold, warning, outage, six tables of groups, fidelity, reason and its group, scenario file.
    expect(text.split(EVIL).length - 1).toBeGreaterThanOrEqual(14);
    expect(await page.evaluate('document.scripts.length')).toBe(0);
  });
});

testWithPeers(
  ['chromium'],
  'A phone shows the whole page without scrolling to the side; text can be read in both schemes',
  async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await look(ALL, { width: 390, colorScheme }, async (page, name) => {
        expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(390);
        const { ratio, text } = await page.evaluate<Contrast>(MIN_CONTRAST);
        expect(ratio, `${name}, ${colorScheme}: ${text}`).toBeGreaterThanOrEqual(4.5);
      });
    }
  },
);

testWithPeers(['chromium'], 'Headings do not skip a level, and everything drawn has a name', async () => {
  await look(ALL, {}, async (page, name) => {
    const { levels, unnamed } = await page.evaluate<{ levels: number[]; unnamed: number }>(`({
      levels: [...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => Number(heading.localName[1])),
      unnamed: document.querySelectorAll('svg:not([aria-hidden]):not([role=img][aria-label])').length,
    })`);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.slice(1).forEach((level, index) => {
      expect(level - levels[index]!, name).toBeLessThanOrEqual(1);
    });
    expect(unnamed).toBe(0);
  });
});

testWithPeers(['chromium'], 'Printed, a report is light and fits the paper', async () => {
  await look(['whole', 'many'], { width: 718, colorScheme: 'dark', media: 'print' }, async (page, name) => {
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(718);
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
  });
});
