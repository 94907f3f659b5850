// Draws docs/images/real-beside-synthetic.svg from the embedded capture: node scripts/readme-picture.mjs
import { writeFileSync } from 'node:fs';
import { captureInput } from '../dist/src/capture/capture-file.js';
import { collect } from '../dist/src/packets/packet-series.js';
import { randomStream } from '../dist/src/random.js';
import { extractSeries } from '../dist/src/series/extract.js';
import { parseDevice } from '../dist/src/series/target.js';
import { train } from '../dist/src/training/train.js';

const root = new URL('..', import.meta.url);
const device = parseDevice('02:00:00:00:00:17');
const { series } = await extractSeries(
  [captureInput(new URL('fixtures/doorbell/doorbell.pcap', root).pathname)],
  device,
);
const { model } = await train([series], device, {
  kind: 'markov',
  holdout: 0,
  keepAddresses: false,
  payloadOnly: false,
});
const synthetic = collect(model.sample(randomStream('1', 'packets'), { packets: series.length, durationNs: 600e9 }));

const WIDTH = 960;
const PANEL = { width: 400, height: 170 };
const COLORS = { outbound: '#0b6bcb', inbound: '#c4501b', text: '#444c56', line: '#8b949e' };
const SPAN_S = 600;
const parts = [];
const text = (x, y, value, extra = '') => parts.push(`<text x="${x}" y="${y}" ${extra}>${value}</text>`);

/** Packets as dots, time against size. Inbound dots are smaller, so that colour is not the only sign. */
function scatter(x, y, title, block) {
  text(x, y - 10, title, 'font-weight="600"');
  const scaleX = (s) => x + (s / SPAN_S) * PANEL.width;
  const scaleY = (bytes) => y + PANEL.height * (1 - Math.log(bytes / 25) / Math.log(1600 / 25));
  for (const bytes of [40, 100, 300, 1000]) {
    parts.push(
      `<line x1="${x}" x2="${x + PANEL.width}" y1="${scaleY(bytes)}" y2="${scaleY(bytes)}" stroke="${COLORS.line}" stroke-opacity=".25"/>`,
    );
    text(x - 6, scaleY(bytes) + 4, bytes, 'text-anchor="end"');
  }
  for (const s of [0, 200, 400, 600]) text(scaleX(s), y + PANEL.height + 16, `${s} s`, 'text-anchor="middle"');
  const dots = { outbound: '', inbound: '' };
  const seen = new Set();
  for (let i = 0; i < block.length; i++) {
    const at = [scaleX(block.offsetsNs[i] / 1e9).toFixed(0), scaleY(block.sizes[i]).toFixed(0)];
    const direction = block.outbound[i] ? 'outbound' : 'inbound';
    const key = `${direction} ${at}`;
    if (seen.has(key)) continue;
    seen.add(key);
    dots[direction] += `M${at[0]} ${at[1]}h.1`;
  }
  parts.push(
    `<path d="${dots.outbound}" stroke="${COLORS.outbound}" stroke-width="3" stroke-linecap="round" stroke-opacity=".7"/>`,
  );
  parts.push(`<path d="${dots.inbound}" stroke="${COLORS.inbound}" stroke-width="1.6" stroke-linecap="round"/>`);
}

/** Distribution functions of the gaps of both directions, real solid and synthetic dashed. */
function gaps(x, y, direction) {
  text(x, y - 10, `Gaps, ${direction}: share of packets within`, 'font-weight="600"');
  const scaleX = (ns) => x + (Math.log10(Math.max(ns, 1e3) / 1e3) / 8) * PANEL.width;
  const scaleY = (share) => y + PANEL.height * (1 - share);
  for (const [ns, name] of [
    [1e3, '1 µs'],
    [1e5, '100 µs'],
    [1e7, '10 ms'],
    [1e9, '1 s'],
    [1e11, '100 s'],
  ])
    text(scaleX(ns), y + PANEL.height + 16, name, 'text-anchor="middle"');
  for (const share of [0, 0.5, 1]) {
    parts.push(
      `<line x1="${x}" x2="${x + PANEL.width}" y1="${scaleY(share)}" y2="${scaleY(share)}" stroke="${COLORS.line}" stroke-opacity=".25"/>`,
    );
    text(x - 6, scaleY(share) + 4, `${share * 100} %`, 'text-anchor="end"');
  }
  for (const [block, dash] of [
    [series, ''],
    [synthetic, 'stroke-dasharray="6 4"'],
  ]) {
    const times = Array.from(block.offsetsNs.subarray(0, block.length)).filter(
      (_, i) => (block.outbound[i] === 1) === (direction === 'outbound'),
    );
    const sorted = times
      .slice(1)
      .map((time, i) => time - times[i])
      .sort((a, b) => a - b);
    const steps = 200;
    const points = Array.from({ length: steps + 1 }, (_, i) => {
      const share = i / steps;
      return `${scaleX(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]).toFixed(1)} ${scaleY(share).toFixed(1)}`;
    });
    parts.push(`<path d="M${points.join('L')}" fill="none" stroke="${COLORS[direction]}" stroke-width="2" ${dash}/>`);
  }
}

scatter(50, 40, 'Real: ten minutes of a video doorbell, sizes in bytes', series);
scatter(530, 40, 'Synthetic', synthetic);
gaps(50, 280, 'outbound');
gaps(530, 280, 'inbound');
text(50, 500, 'Blue, large dots: outbound. Orange, small dots: inbound. Solid lines: real. Dashed lines: synthetic.');
writeFileSync(
  new URL('docs/images/real-beside-synthetic.svg', root),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} 520" font-family="system-ui, sans-serif" font-size="12" fill="${COLORS.text}" role="img" aria-label="Packet sizes over time and distributions of gaps, real beside synthetic"><rect width="${WIDTH}" height="520" fill="#fff"/>${parts.join('')}</svg>\n`,
);
