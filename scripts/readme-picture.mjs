// Draws docs/images/real-beside-synthetic.svg from the embedded capture, with the charts of reports. After a build: node scripts/readme-picture.mjs
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SeriesView } from '../dist/src/evaluation/series-view.js';
import { collect, readSeries, sample, train } from '../dist/src/index.js';
import { distributionFigure } from '../dist/src/report/charts/distributions.js';
import { scatterFigure } from '../dist/src/report/charts/scatter.js';
import { escapeHtml } from '../dist/src/report/html.js';
import { chartRenderer } from '../dist/src/report/render-chart.js';
import { COLORS } from '../dist/src/report/styles.js';

const root = new URL('..', import.meta.url);
const capture = fileURLToPath(new URL('fixtures/doorbell/doorbell.pcap', root));
const target = { device: '02:00:00:00:00:17' };
const { series } = await readSeries(capture, target);
const [whole] = series;
const model = await train(capture, target);
const synthetic = collect(sample(model, { duration: '10m', seed: '1' }));

const subject = {
  real: new SeriesView(whole),
  training: null,
  whole,
  heldOutFrom: 0,
  synthetic: new SeriesView(synthetic),
  metrics: [],
  withReal: true,
};
const panels = [...scatterFigure(subject).panels, ...distributionFigure(subject).panels];
const ROWS = [
  ['Outbound, real', 'Outbound, synthetic'],
  ['Gap, outbound', 'Gap, inbound'],
];
const TITLES = {
  'Outbound, real': 'Real: size in bytes against gap, outbound',
  'Outbound, synthetic': 'Synthetic',
  'Gap, outbound': 'Share of outbound gaps up to a length',
  'Gap, inbound': 'Share of inbound gaps up to a length',
};

const COLUMN = 390;
const MARGIN = 15;
const TITLE_HEIGHT = 26;
const draw = await chartRenderer();
const parts = [];
let y = 8;
for (const row of ROWS) {
  let height = 0;
  for (const [column, title] of row.entries()) {
    const panel = panels.find((one) => one.title === title);
    const x = MARGIN + column * COLUMN;
    const { text } = await draw(panel.specs.narrow, panel.description);
    parts.push(
      `<text x="${x}" y="${y + 16}" font-weight="600">${escapeHtml(TITLES[title])}</text>`,
      text.replace('<svg ', `<svg x="${x}" y="${y + TITLE_HEIGHT}" `),
    );
    height = Math.max(height, Number(/ height="([\d.]+)"/.exec(text)[1]));
  }
  y += TITLE_HEIGHT + height + 8;
}
parts.push(
  `<text x="${MARGIN}" y="${y + 12}">Ten minutes of a video doorbell. Real: solid lines, filled circles. Synthetic: dashed lines, hollow diamonds.</text>`,
);
const width = 2 * COLUMN + MARGIN;
const height = y + 26;
writeFileSync(
  new URL('docs/images/real-beside-synthetic.svg', root),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="var(--text)" role="img" aria-label="Sizes and gaps, real beside synthetic"><style>${COLORS}</style><rect width="${width}" height="${height}" fill="var(--page)"/>${parts.join('')}</svg>\n`,
);
