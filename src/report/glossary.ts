/**
 * @module
 * The words that the report of an evaluation takes for granted.
 */
import { ASPECTS } from '../evaluation/metric.js';
import { ASPECT_NAMES } from './aspects.js';
import { type Html, html } from './html.js';

const WORDS: readonly (readonly [string, string])[] = [
  [
    'Held-out part',
    'The end of the real series. Synthetic packets are compared with it; a model that is judged should not have seen it.',
  ],
  ['Training part', 'The real series before the held-out part.'],
  [
    'Floor',
    'A metric between the training part and the held-out part: how much the real traffic differs from itself. No generator can be expected to do better.',
  ],
  [
    'Excess',
    'The metric between the synthetic series and the held-out part, minus the floor: what the generator adds. 0 is perfect; by luck it can be below.',
  ],
  [
    'Range of chance',
    'Where 95 % of the floors lie when the training part is cut into blocks and put together anew. What is within it may be luck.',
  ],
  [
    'Costs',
    'What a metric takes from its aspect, by how far it is above its floor and the range of chance: 0 % nothing, 100 % everything.',
  ],
  ['KS statistic', 'The largest vertical distance between two distribution functions, 0 to 1.'],
  ['σ', 'The unit of distances in standard deviations of the real packets.'],
  ['Gap', 'The time since the previous packet of the same direction.'],
  ['Size', 'The IP total length of a packet, in bytes.'],
];

export function glossarySection(): Html {
  const aspects = ASPECTS.map((aspect) => `${ASPECT_NAMES[aspect].name}: ${ASPECT_NAMES[aspect].about}`).join('; ');
  const words = [...WORDS.slice(0, 6), ['Aspects', `${aspects}.`] as const, ...WORDS.slice(6)];
  return html`<section><h2>Words</h2>
<dl class="glossary">${words.map(([word, meaning]) => html`<dt>${word}</dt><dd>${meaning}</dd>`)}</dl></section>
`;
}
