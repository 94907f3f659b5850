/** The system's Chromium, for tests that look at pages. */
import { type Browser, chromium } from 'playwright-core';
import { pathOf } from './peers.js';

const ARGS = [
  '--no-sandbox --disable-gpu --disable-quic --no-first-run',
  '--disable-background-networking --disable-component-update --disable-sync',
].flatMap((some) => some.split(' '));

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: pathOf('chromium')!, args: ARGS }); // tests that have come here have found it

/** The least contrast of any text with what is behind it (WCAG 2.1, success criterion 1.4.3), and which text that is. */
export const MIN_CONTRAST = `(() => {
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

export interface Contrast {
  readonly ratio: number;
  readonly text: string;
  /** How many there are. */
  readonly texts: number;
  /** Colour of the page. */
  readonly page: string;
}
