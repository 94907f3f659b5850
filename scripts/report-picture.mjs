// Draws docs/images/report.png, the top of a report about the embedded capture: npm run build && node scripts/report-picture.mjs
// Needs the Chromium of the system.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'synth-picture-'));
const DEVICE = ['--device', '02:00:00:00:00:17'];
const synth = (...args) => execFileSync(process.execPath, [path('bin/synth.js'), ...args], { cwd, stdio: 'inherit' });

try {
  copyFileSync(path('fixtures/doorbell/doorbell.pcap'), join(cwd, 'capture.pcap'));
  for (const kind of ['markov', 'hmm']) {
    synth('train', 'capture.pcap', ...DEVICE, '--model', kind, '--holdout', '1/3', '--out', `${kind}.safetensors`);
  }
  const files = ['capture.pcap', 'markov.safetensors', 'hmm.safetensors'];
  synth('evaluate', ...files, ...DEVICE, '--seed', '1', '--report', 'report.html');

  const args = [
    '--no-sandbox --disable-gpu --disable-quic --no-first-run',
    '--disable-background-networking --disable-component-update --disable-sync',
  ].flatMap((some) => some.split(' '));
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(join(cwd, 'report.html')).href);
  // What was compared is words about files; a picture shows the score and the charts.
  await page.addStyleTag({ content: 'section:has(> .cards) { display: none }' });
  const figure = await page.locator('figure').first().boundingBox();
  const clip = { x: 0, y: 0, width: 1200, height: Math.ceil(figure.y + figure.height + 16) };
  await page.screenshot({ path: path('docs/images/report.png'), fullPage: true, clip });
  await browser.close();
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
