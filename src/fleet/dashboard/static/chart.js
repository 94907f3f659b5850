/**
 * @module
 * Charts over time: lines in an SVG as wide as the page lets it be, with a legend that says the latest values, or those under the pointer.
 */
import { formatClock } from './format.js';

const HEIGHT = 190;
const MARGIN = { left: 58, right: 12, top: 8, bottom: 22 };
const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

function svg(name, attributes = {}, text = '') {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A step of 1, 2 or 5 times a power of ten that divides `range` into at most `parts`. */
function niceStep(range, parts) {
  const power = 10 ** Math.floor(Math.log10(range / parts));
  return power * [1, 2, 5, 10].find((factor) => factor * power * parts >= range);
}

/** The same with powers of two, for bytes. */
const binaryStep = (range, parts) => 2 ** Math.ceil(Math.log2(range / parts));

/** From 0, evenly. */
function linearScale(values, stepOf) {
  const most = Math.max(1, ...values);
  const step = Math.max(1, stepOf(most, 4));
  const top = Math.ceil(most / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  return { share: (value) => value / top, ticks };
}

/** By powers of ten, with whole decades at both ends. */
function logScale(values) {
  const positive = values.filter((value) => value > 0);
  const first = Math.floor(Math.log10(Math.min(...positive, 1e6)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...positive, 10 ** (first + 1)))));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  const share = (value) => Math.max(0, (Math.log10(Math.max(value, 1e-9)) - first) / (last - first));
  return { share, ticks };
}

/**
 * @param parent where the chart goes
 * @param options `title`; `lines`: of each a `name`, a `look` (a class of the style sheet) and its `value` of a point, which may be null;
 *   `format` of values and `tick` of those on the axis; `axis`: `linear`, `binary` for bytes, or `log`
 */
export function createChart(parent, { title, lines, format, tick = format, axis = 'linear' }) {
  const plot = svg('svg', { class: 'plot', role: 'img', 'aria-label': title });
  const at = element('span', { className: 'at' });
  const values = lines.map(() => element('b', {}, '–'));
  const keys = lines.map(({ name, look }, index) => {
    const key = svg('svg', { width: 28, height: 8, 'aria-hidden': 'true' });
    key.append(svg('path', { d: 'M0 4H28', class: `line ${look}` }));
    return element('li', {}, key, `${name} `, values[index]);
  });
  const caption = element('figcaption', {}, element('h3', {}, title), at);
  parent.append(element('figure', {}, caption, element('ul', { className: 'legend' }, ...keys), plot));

  let points = [];
  let pointer;
  let waiting = false;

  function draw() {
    waiting = false;
    const width = Math.max(160, plot.clientWidth);
    const inner = { width: width - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
    const all = points.flatMap((point) => lines.map(({ value }) => value(point))).filter((value) => value !== null);
    const scale = axis === 'log' ? logScale(all) : linearScale(all, axis === 'binary' ? binaryStep : niceStep);
    const end = Math.max(10, points.at(-1)?.at ?? 0);
    const x = (seconds) => MARGIN.left + (seconds / end) * inner.width;
    const y = (value) => MARGIN.top + (1 - scale.share(value)) * inner.height;
    plot.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    plot.replaceChildren(
      ...gridOf(scale.ticks, y, width),
      ...clockOf(end, x, inner.width),
      ...lines.map(({ look, value }) => svg('path', { class: `line ${look}`, d: pathOf(points, value, x, y) })),
    );
    const shown = pointer === undefined ? points.at(-1) : nearest(((pointer - MARGIN.left) / inner.width) * end);
    if (pointer !== undefined && shown !== undefined) {
      const left = x(shown.at);
      plot.append(svg('line', { class: 'cursor', x1: left, x2: left, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }));
    }
    tell(shown);
  }

  function gridOf(ticks, y, width) {
    // Where there is not the room for all of them, every second, third … will do.
    const each = Math.ceil(ticks.length / 6);
    return ticks
      .filter((_, index) => index % each === 0)
      .flatMap((value) => [
        svg('line', { class: 'grid', x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }),
        svg('text', { x: MARGIN.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, tick(value)),
      ]);
  }

  function clockOf(end, x, width) {
    const step = CLOCK_STEPS.find((seconds) => (seconds / end) * width >= 56) ?? Math.ceil(end / 86_400 / 8) * 86_400;
    const texts = [];
    for (let seconds = 0; seconds <= end; seconds += step) {
      // The last one would be cut off by the edge.
      const anchor = x(end) - x(seconds) < 16 ? 'end' : 'middle';
      const left = anchor === 'end' ? x(end) + MARGIN.right : x(seconds);
      texts.push(svg('text', { x: left, y: HEIGHT - 6, 'text-anchor': anchor }, formatClock(seconds)));
    }
    const bottom = HEIGHT - MARGIN.bottom;
    return [svg('line', { class: 'axis', x1: MARGIN.left, x2: x(end), y1: bottom, y2: bottom }), ...texts];
  }

  function nearest(seconds) {
    return points.reduce(
      (best, point) => (best && Math.abs(best.at - seconds) <= Math.abs(point.at - seconds) ? best : point),
      undefined,
    );
  }

  function tell(point) {
    at.textContent = point === undefined ? '' : `${pointer === undefined ? 'now' : 'at'} ${formatClock(point.at)}`;
    const texts = lines.map(({ value }) => {
      const number = point === undefined ? null : value(point);
      return number === null ? '–' : format(number);
    });
    texts.forEach((text, index) => {
      values[index].textContent = text;
    });
    const words = lines.map(({ name }, index) => `${name} ${texts[index]}`).join(', ');
    plot.setAttribute('aria-label', `${title}, ${formatClock(point?.at ?? 0)}: ${words}`);
  }

  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(draw);
  }

  plot.addEventListener('pointermove', (event) => {
    pointer = event.offsetX;
    soon();
  });
  plot.addEventListener('pointerleave', () => {
    pointer = undefined;
    soon();
  });
  new ResizeObserver(soon).observe(plot);

  return {
    show(next) {
      points = next;
      soon();
    },
  };
}

/** A line through the points; where there is no value it has a gap, and a value alone between two gaps is a dot. */
function pathOf(points, value, x, y) {
  let path = '';
  let isOpen = false;
  for (const point of points) {
    const number = value(point);
    if (number !== null) {
      const place = `${x(point.at).toFixed(1)} ${y(number).toFixed(1)}`;
      path += isOpen ? `L${place}` : `M${place}h1`;
    }
    isOpen = number !== null;
  }
  return path;
}
