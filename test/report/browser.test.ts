/** Chromium judges the reports: what they show, whether they fit, whether they can be read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { captureReport } from '../../src/report/capture-report.js';
import { evaluationReport } from '../../src/report/evaluation-report.js';
import { testWithPeers } from '../support/peers.js';
import { doorbellCapture, doorbellEvaluation, evaluationOf, seriesOf } from './sample-reports.js';

const folder = mkdtempSync(join(tmpdir(), 'synth-report-'));
const REPORTS = ['one', 'three', 'capture', 'degenerate'] as const;
type Report = (typeof REPORTS)[number];
const fileOf = (report: Report) => join(folder, `${report}.html`);
const sizes = new Map<Report, number>();

beforeAll(async () => {
  const one = seriesOf([[0, 100, 1]]);
  const pages: Readonly<Record<Report, string>> = {
    one: await evaluationReport(await doorbellEvaluation(1)),
    three: await evaluationReport(await doorbellEvaluation(3)),
    capture: await captureReport(await doorbellCapture()),
    degenerate: await evaluationReport(evaluationOf(one, one, 0)),
  };
  for (const report of REPORTS) {
    writeFileSync(fileOf(report), pages[report]);
    sizes.set(report, Buffer.byteLength(pages[report]));
  }
});

const ARGS = [
  '--no-sandbox --disable-gpu --disable-quic --no-first-run',
  '--disable-background-networking --disable-component-update --disable-sync',
].flatMap((some) => some.split(' '));

/** One for all tests, started by the first of them. */
let started: Promise<Browser> | undefined;
function browser(): Promise<Browser> {
  started ??= chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  return started;
}

afterAll(async () => {
  await (await started)?.close();
  rmSync(folder, { recursive: true });
});

/** Opens every report with these options. Whatever it says on the console, and whatever it asks for, fails the test. */
async function withReports(
  options: BrowserContextOptions,
  look: (page: Page, report: Report) => Promise<void>,
): Promise<void> {
  const opened = await browser();
  for (const report of REPORTS) {
    const page = await opened.newPage(options);
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    const url = pathToFileURL(fileOf(report)).href;
    await page.goto(url);
    await look(page, report);
    expect(complaints, report).toEqual([]);
    expect(requests, report).toEqual([url]);
    await page.close();
  }
}

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const SCHEMES = ['light', 'dark'] as const;

/** What the page says about each of its charts that is shown. Scripts for the page are text: they are not of this program. */
interface ShownChart {
  readonly name: string;
  readonly marks: number;
  readonly emptyMarks: number;
  readonly width: number;
  readonly fontPx: number;
}

const SHOWN_CHARTS = `[...document.querySelectorAll('figure svg[role=img]')]
  .filter((svg) => svg.checkVisibility())
  .map((svg) => {
    const boxes = [...svg.querySelectorAll('.mark')].map((mark) => mark.getBoundingClientRect());
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const fonts = [...svg.querySelectorAll('text')].map((text) => parseFloat(getComputedStyle(text).fontSize) * scale);
    return {
      name: svg.getAttribute('aria-label') ?? '',
      marks: boxes.length,
      emptyMarks: boxes.filter(({ width, height }) => width === 0 && height === 0).length,
      width: box.width,
      fontPx: Math.min(...fonts),
    };
  })`;

// Pairs of size and of gap, of scatter plots, of throughput and of transitions; autocorrelations, and entropy.
const CHARTS = { one: 4 + 4 + 2 + 3 + 1 + 2, capture: 2 + 4 + 2 + 1 + 3 + 1 + 1 } as const;

testWithPeers(
  ['chromium'],
  'Every chart is there, has marks, and says in words and numbers what it shows',
  async () => {
    for (const viewport of [DESKTOP, PHONE]) {
      await withReports({ viewport }, async (page, report) => {
        const charts = await page.evaluate<ShownChart[]>(SHOWN_CHARTS);
        if (report === 'degenerate') return expect(charts).toEqual([]);
        expect(charts.length, report).toBe(report === 'capture' ? CHARTS.capture : CHARTS.one);
        for (const { name, marks, emptyMarks, width, fontPx } of charts) {
          expect(name).toMatch(/\w{4,}.*\d/);
          expect(marks, name).toBeGreaterThan(0);
          expect(emptyMarks, name).toBe(0);
          expect(width, name).toBeGreaterThan(200);
          expect(fontPx, name).toBeGreaterThanOrEqual(9);
        }
      });
    }
  },
);

testWithPeers(
  ['chromium'],
  'A figure has a caption, headings do not skip a level, and every chart is named',
  async () => {
    await withReports({ viewport: DESKTOP }, async (page) => {
      const found = await page.evaluate<{ levels: number[]; figures: number; captions: number; unnamed: number }>(`({
      levels: [...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => Number(heading.localName[1])),
      figures: document.querySelectorAll('main figure').length,
      captions: document.querySelectorAll('main figure > figcaption h3').length,
      unnamed: document.querySelectorAll('svg:not([aria-hidden]):not([role=img][aria-label])').length,
    })`);
      expect(found.levels[0]).toBe(1);
      expect(found.levels.filter((level) => level === 1)).toHaveLength(1);
      found.levels.slice(1).forEach((level, index) => {
        expect(level - found.levels[index]!).toBeLessThanOrEqual(1);
      });
      expect(found.captions).toBe(found.figures);
      expect(found.unnamed).toBe(0);
      expect(await page.getAttribute('html', 'lang')).toBe('en');
    });
  },
);

testWithPeers(['chromium'], 'A phone shows the whole page without scrolling to the side, in both schemes', async () => {
  for (const colorScheme of SCHEMES) {
    await withReports({ viewport: PHONE, colorScheme }, async (page, report) => {
      await page.evaluate(`document.querySelectorAll('details').forEach((details) => { details.open = true; })`);
      expect(await page.evaluate('document.documentElement.scrollWidth'), report).toBeLessThanOrEqual(PHONE.width);
    });
  }
});

/** The least contrast of any text with what is behind it (WCAG 2.1, success criterion 1.4.3), and which text that is. */
const LEAST_CONTRAST = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (rgb) => rgb.slice(0, 3)
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  let least = { ratio: 99, text: '' };
  let texts = 0;
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim() !== '');
    if (own.length === 0 || element.getClientRects().length === 0) continue;
    texts++;
    const style = getComputedStyle(element);
    const color = luminance(rgba(element.closest('svg') ? style.fill : style.color));
    const back = luminance(behind(element));
    const ratio = (Math.max(color, back) + 0.05) / (Math.min(color, back) + 0.05);
    if (ratio < least.ratio) least = { ratio, text: own[0].data };
  }
  return { ...least, texts, page: getComputedStyle(document.body).backgroundColor };
})()`;

interface Contrast {
  readonly ratio: number;
  readonly text: string;
  readonly texts: number;
  readonly page: string;
}

testWithPeers(['chromium'], 'All text, that of charts too, has a contrast of 4.5 : 1 in both schemes', async () => {
  const pages = new Set<string>();
  for (const colorScheme of SCHEMES) {
    await withReports({ viewport: DESKTOP, colorScheme }, async (page, report) => {
      await page.evaluate(`document.querySelectorAll('details').forEach((details) => { details.open = true; })`);
      const { ratio, text, texts, page: background } = await page.evaluate<Contrast>(LEAST_CONTRAST);
      expect(ratio, `${report}, ${colorScheme}: ${text}`).toBeGreaterThanOrEqual(4.5);
      expect(texts).toBeGreaterThan(40);
      pages.add(background);
    });
  }
  expect(pages.size).toBe(2);
});

testWithPeers(['chromium'], 'Real and synthetic have colours of their own, which the scheme chooses', async () => {
  const strokes = new Set<string>();
  for (const colorScheme of SCHEMES) {
    await withReports({ viewport: DESKTOP, colorScheme }, async (page, report) => {
      if (report !== 'one') return;
      for (const role of ['real', 'synthetic']) {
        const line = `document.querySelector('figure path[stroke="var(--${role})"], figure [stroke="var(--${role})"] path')`;
        strokes.add(await page.evaluate<string>(`getComputedStyle(${line}).stroke`));
      }
    });
  }
  expect(strokes.size).toBe(4);
  expect(strokes).not.toContain('none');
});

testWithPeers(['chromium'], 'Printed, a report is light and shows all of its candidates', async () => {
  await withReports({ viewport: { width: 718, height: 1000 }, colorScheme: 'dark' }, async (page, report) => {
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate('document.documentElement.scrollWidth'), report).toBeLessThanOrEqual(718);
    const charts = await page.evaluate<ShownChart[]>(SHOWN_CHARTS);
    // Of each further candidate there are all panels but those that hold only what is real: scatter, throughput, transitions.
    if (report === 'three')
      expect(charts.filter(({ width }) => width > 0)).toHaveLength(CHARTS.one + 2 * (CHARTS.one - 4));
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
  });
});

testWithPeers(['chromium'], 'Notes and names are shown as the text they are', async () => {
  await withReports({ viewport: DESKTOP }, async (page, report) => {
    const text = await page.innerText('main');
    if (report === 'one') expect(text).toContain('<script>throw new Error("ran")</script> & other notes');
    if (report === 'degenerate') expect(text).toContain('a < b & "c"');
    expect(await page.evaluate('document.scripts.length')).toBe(0);
  });
});

testWithPeers(['chromium'], 'A report of one candidate fits into a mail', () => {
  expect(sizes.get('one')).toBeLessThan(500_000);
  expect(sizes.get('capture')).toBeLessThan(400_000);
});
