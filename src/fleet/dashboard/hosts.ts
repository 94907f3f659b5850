/**
 * @module
 * Whom the dashboard answers: a page of somebody else whose name has been pointed at this machine (DNS rebinding) is not among them.
 */
import { isIP } from 'node:net';

const ANY_ADDRESS = new Set(['0.0.0.0', '::', '']);

/**
 * Whether a request that says it is for `header` may be answered by a server that was told to listen on `bound`. The port says nothing:
 * a tunnel changes it.
 *
 * @param header the field `Host`
 */
export function isOwnHost(header: string | undefined, bound: string): boolean {
  const name = nameOf(header);
  if (name === undefined) return false;
  if (name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))) return true;
  // An address cannot be pointed elsewhere, so where all of this machine's will do any is right.
  if (ANY_ADDRESS.has(bound)) return isIP(name) !== 0;
  return name === bound.toLowerCase();
}

function nameOf(header: string | undefined): string | undefined {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^[\]:/@]+))(?::\d*)?$/i.exec(header ?? '');
  return (found?.[1] ?? found?.[2])?.toLowerCase();
}
