/**
 * @module
 * Where packets may go. A tool that sends thousands of packets a second must not send them to a stranger because of a typing error:
 * addresses that are not those of a laboratory have to be named twice.
 */
import { networkInterfaces } from 'node:os';
import { SynthError } from '../errors.js';
import { type Address, formatAddress } from '../net/address.js';
import { type AddressRange, isInRange, parseIpAddress, parseRange } from '../net/address-range.js';
import { equalBytes } from '../net/bytes.js';
import { option, wording } from '../wording.js';

/** What no router of the internet carries. */
const HARMLESS: readonly AddressRange[] = [
  '127.0.0.0/8', // loopback, RFC 1122
  '10.0.0.0/8', // private, RFC 1918
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16', // link-local, RFC 3927
  '192.0.2.0/24', // documentation, RFC 5737
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/24', // multicast on the link, RFC 5771
  '239.255.0.0/16', // multicast of local scope, RFC 2365
  '::1/128', // loopback, RFC 4291
  'fc00::/7', // unique local, RFC 4193
  'fe80::/10', // link-local, RFC 4291
  '2001:db8::/32', // documentation, RFC 3849
].map(parseRange);

/** Of the scopes of IPv6 multicast (RFC 7346) those up to the site: interface, link, realm, admin, site. */
const LARGEST_LOCAL_SCOPE = 5;

/** Whether packets to an address stay here. @throws SynthError `SYNTH_USAGE` for what is no IP address */
export function isHarmless(text: string): boolean {
  const address = parseIpAddress(text);
  return HARMLESS.some((range) => isInRange(range, address)) || isLocalMulticast(address);
}

function isLocalMulticast({ family, bytes }: Address): boolean {
  if (family !== 'ipv6' || bytes[0] !== 0xff) return false;
  const scope = bytes[1]! & 0x0f;
  return scope >= 1 && scope <= LARGEST_LOCAL_SCOPE;
}

/**
 * @param allowed what the user has named, see `parseRanges`
 * @throws SynthError `SYNTH_TARGET_NOT_ALLOWED`
 */
export function requireAllowedTarget(text: string, allowed: readonly AddressRange[]): void {
  const address = parseIpAddress(text);
  if (isHarmless(text) || allowed.some((range) => isInRange(range, address))) return;
  const plain = formatAddress(address);
  throw new SynthError(
    'SYNTH_TARGET_NOT_ALLOWED',
    `${plain} is neither a loopback, a private, a link-local nor a documentation address`,
    { hint: wording`If it is yours, or you may send there, add: ${option('allow')} ${plain}` },
  );
}

/** Whether an interface of this host has the address; all of 127.0.0.0/8 is. */
export function isOwnAddress(text: string): boolean {
  const address = parseIpAddress(text);
  if (address.family === 'ipv4' && address.bytes[0] === 127) return true;
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return own.some((entry) => {
    const { bytes } = parseIpAddress(entry.address);
    return bytes.length === address.bytes.length && equalBytes(bytes, 0, address.bytes, 0, bytes.length);
  });
}
