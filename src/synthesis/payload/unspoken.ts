/**
 * @module
 * What packets carry on ports whose protocol is not spoken here: of three fillings, the one that fewest dissectors take for a broken
 * packet of their own. docs/decisions/0006-payload-pattern.md has the measurements.
 */
import { IP_PROTOCOL } from '../../net/ip-protocol.js';
import type { Random } from '../../random.js';
import type { PayloadStream } from '../payload-stream.js';
import type { FillerPool } from './filler-pool.js';
import { PATTERN_STREAM, ZEROS_STREAM } from './pattern.js';

/** Over UDP the pattern does for all other ports. */
const ZEROS_OVER_UDP = new Set([
  49, 434, 496, 2222, 3452, 3784, 4729, 4754, 4784, 5072, 5436, 5555, 6081, 6666, 6784, 6970, 7784, 8848, 9956,
]);
const LETTERS_OVER_UDP = new Set([213, 4533, 4534, 6118, 6635, 9201, 10_253, 17_220]);
/** Over TCP letters do for all other ports. */
const PATTERN_OVER_TCP = new Set([123, 161, 162, 500, 1861, 2404, 6160, 6668, 7911]);
const ZEROS_OVER_TCP = new Set([3452, 5683, 9956]);

export class Unspoken {
  readonly #letters: PayloadStream;

  constructor(pool: FillerPool, random: Random) {
    this.#letters = { write: (bytes, at, length) => pool.write(bytes, at, length, 'letters', false, random) };
  }

  stream(protocol: number, servicePort: number): PayloadStream {
    if (protocol === IP_PROTOCOL.udp) {
      if (LETTERS_OVER_UDP.has(servicePort)) return this.#letters;
      return ZEROS_OVER_UDP.has(servicePort) ? ZEROS_STREAM : PATTERN_STREAM;
    }
    if (protocol !== IP_PROTOCOL.tcp || PATTERN_OVER_TCP.has(servicePort)) return PATTERN_STREAM;
    return ZEROS_OVER_TCP.has(servicePort) ? ZEROS_STREAM : this.#letters;
  }
}
