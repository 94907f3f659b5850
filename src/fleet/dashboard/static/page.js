/**
 * @module
 * The page of the dashboard: it hears of the run by server-sent events (src/fleet/dashboard/messages.ts says what they hold) and shows it.
 */
import { createChart } from './chart.js';
import { formatBytes, formatClock, formatCount, formatNs, formatRate, NOTHING } from './format.js';

/** After this long without a word from a run that goes on, something is wrong. */
const SILENT_MS = 10_000;
const AGAIN_MS = 5000;

const byId = (id) => document.getElementById(id);

/** Changes a text only where it differs, so that nothing is read out again. */
function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function setStatus(state, text) {
  byId('status').dataset.state = state;
  setText(byId('status'), text);
}

const latencyTick = (ns) => {
  const [unit, size] = ns < 1e6 ? ['µs', 1e3] : ns < 1e9 ? ['ms', 1e6] : ['s', 1e9];
  return `${(ns / size).toLocaleString('en-US')} ${unit}`;
};

const charts = [
  {
    title: 'Devices',
    format: formatCount,
    lines: [
      { name: 'wanted', look: 'plan', value: ({ wanted }) => wanted },
      { name: 'up', look: 'first', value: ({ up }) => up },
    ],
  },
  {
    title: 'Messages per second',
    format: formatRate,
    lines: [
      { name: 'planned', look: 'plan', value: ({ planned }) => planned },
      { name: 'sent', look: 'first', value: ({ sent }) => sent },
      { name: 'acknowledged', look: 'second', value: ({ acknowledged }) => acknowledged },
    ],
  },
  {
    title: 'Latency',
    format: formatNs,
    tick: latencyTick,
    axis: 'log',
    lines: [
      { name: 'p50', look: 'first', value: ({ p50 }) => p50 },
      { name: 'p99', look: 'second', value: ({ p99 }) => p99 },
    ],
  },
  {
    title: 'Errors per second',
    format: formatRate,
    lines: [{ name: 'errors', look: 'trouble', value: ({ errors }) => errors }],
  },
  {
    title: 'Bytes per second',
    format: formatBytes,
    axis: 'binary',
    lines: [
      { name: 'sent', look: 'first', value: ({ sentBytes }) => sentBytes },
      { name: 'received', look: 'second', value: ({ receivedBytes }) => receivedBytes },
    ],
  },
].map((options) => createChart(byId('charts'), options));

let points = [];
let groups = [];
let scenario = '';
let isFinished = false;
let heardAt = performance.now();

function showPoints() {
  for (const chart of charts) chart.show(points);
}

function showNow(now) {
  const { elapsedSeconds, plannedSeconds, phase, total, point } = now;
  setText(byId('phase'), phase);
  setText(
    byId('clock'),
    plannedSeconds === null
      ? formatClock(elapsedSeconds)
      : `${formatClock(elapsedSeconds)} of ${formatClock(plannedSeconds)}`,
  );
  const progress = byId('progress');
  if (plannedSeconds === null) progress.removeAttribute('value');
  else progress.value = plannedSeconds > 0 ? Math.min(1, elapsedSeconds / plannedSeconds) : 1;
  tile('up', formatCount(total.up), `of ${formatCount(total.devices)}`);
  tile('sent', formatCount(total.sentSoFar), total.sent === null ? '' : `${formatRate(total.sent)}/s`);
  tile(
    'acknowledged',
    formatCount(total.acknowledgedSoFar),
    total.acknowledged === null ? '' : `${formatRate(total.acknowledged)}/s`,
  );
  tile('p50', formatNs(total.p50), '');
  tile('p99', formatNs(total.p99), '');
  tile('errors', formatCount(total.errors), '');
  showGroups(now.groups, total);
  showReasons(now.reasons);
  if (point !== null && point.at !== points.at(-1)?.at) {
    points.push(point);
    showPoints();
  }
}

function tile(id, text, beside) {
  const small = document.createElement('small');
  small.textContent = beside === '' ? '' : ` ${beside}`;
  byId(id).replaceChildren(text, small);
}

function showGroups(rows, total) {
  const all = rows.length > 1 ? [...rows, { ...total, name: 'all', isAll: true }] : rows;
  showRows(
    byId('groups'),
    all.map((row, index) => [
      row.name,
      `${formatCount(row.up)}/${formatCount(row.devices)}`,
      formatCount(row.sentSoFar),
      formatRate(row.sent),
      formatCount(row.acknowledgedSoFar),
      formatRate(row.acknowledged),
      formatNs(row.p50),
      formatNs(row.p99),
      formatCount(row.errors),
      groups[index]?.target ?? '',
    ]),
    [1, 8],
  );
  byId('groups').lastElementChild?.classList.toggle('all', all.length > rows.length);
}

function showReasons(reasons) {
  byId('no-errors').hidden = reasons.length > 0;
  byId('reasons-region').hidden = reasons.length === 0;
  showRows(
    byId('reasons'),
    reasons.map(([reason, count]) => [reason, formatCount(count)]),
    [1, 1],
  );
}

/** Rows of text; those that are there stay, so that what is selected, or read out, stays. @param numbers first and last column of numbers */
function showRows(body, rows, numbers) {
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((cells, at) => {
    const row = body.rows[at] ?? body.insertRow();
    cells.forEach((text, column) => {
      if (row.cells[column] === undefined) row.append(cellOf(column, numbers));
      setText(row.cells[column], text);
    });
  });
}

function cellOf(column, [from, to]) {
  const cell = document.createElement(column === 0 ? 'th' : 'td');
  if (column === 0) cell.scope = 'row';
  if (column >= from && column <= to) cell.className = 'n';
  return cell;
}

function showFinished({ verdict, meaning, thresholds, hasReport }) {
  isFinished = true;
  setText(byId('no-errors'), 'None.');
  setText(byId('verdict'), `The run has ended: ${verdict}`);
  setText(byId('meaning'), meaning);
  byId('thresholds').replaceChildren(
    ...thresholds.map(({ text, value, passed }) => {
      const item = document.createElement('li');
      const mark = document.createElement('b');
      mark.textContent = passed ? '✓ passed' : '✗ failed';
      item.className = passed ? 'passed' : 'failed';
      item.append(mark, ` ${text}: ${value}`);
      return item;
    }),
  );
  byId('report').hidden = !hasReport;
  byId('outcome').hidden = false;
  const failed = thresholds.filter(({ passed }) => !passed).length;
  setStatus(
    'ended',
    `The run has ended: ${verdict}${failed > 0 ? `, ${failed} of ${thresholds.length} thresholds failed` : ''}.`,
  );
  document.title = `${scenario}: ended – synth fleet`;
}

function showHello(hello) {
  ({ scenario, groups } = hello);
  isFinished = false;
  setText(byId('no-errors'), 'None so far.');
  byId('outcome').hidden = true;
  setText(byId('scenario'), scenario);
  setText(byId('seed'), hello.seed);
  document.title = `${scenario} – synth fleet`;
  const nothing = {
    up: 0,
    errors: 0,
    sentSoFar: 0,
    acknowledgedSoFar: 0,
    sent: null,
    acknowledged: null,
    p50: null,
    p99: null,
  };
  const devices = groups.reduce((sum, group) => sum + group.devices, 0);
  showGroups(
    groups.map((group) => ({ ...nothing, ...group })),
    { ...nothing, devices },
  );
  setStatus('live', 'Connected to the run.');
}

const handlers = {
  hello: showHello,
  points(all) {
    points = all;
    showPoints();
  },
  now: showNow,
  finished: showFinished,
};

function connect() {
  const source = new EventSource('/events');
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => {
      heardAt = performance.now();
      handle(JSON.parse(event.data));
      if (name === 'now' && !isFinished) setStatus('live', 'Connected to the run.');
    });
  }
  source.addEventListener('error', () => {
    if (isFinished) {
      source.close();
      byId('report').hidden = true;
      setStatus(
        'ended',
        `${byId('verdict').textContent}. Its process has ended too: what is shown here stays as it is.`,
      );
      return;
    }
    setStatus('lost', 'The connection to the run is lost. Trying again …');
    // A browser tries again by itself, except where it was refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, AGAIN_MS);
  });
}

setInterval(() => {
  const silentMs = performance.now() - heardAt;
  if (isFinished || silentMs < SILENT_MS || byId('status').dataset.state !== 'live') return;
  setStatus('lost', 'The run has said nothing for ten seconds.');
}, 1000);

setText(byId('clock'), NOTHING);
// What scrolls can be scrolled with keys.
for (const scroll of document.querySelectorAll('.scroll')) scroll.tabIndex = 0;
connect();
