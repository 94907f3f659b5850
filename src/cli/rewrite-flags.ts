/**
 * @module
 * What `rewrite` and `extract` share: maps of addresses, and anonymisation.
 */
import { Flags } from '@oclif/core';
import { SynthError } from '../errors.js';
import { drawKey } from '../random.js';
import type { AddressChange } from '../rewrite/address-change.js';
import { parseAddressMaps, parseMacMaps } from '../rewrite/address-map.js';
import { readAnonymizationKey } from '../rewrite/anonymization-key.js';
import { Anonymizer } from '../rewrite/anonymizer.js';
import { CRYPTO_PAN_KEY_BYTES } from '../rewrite/crypto-pan.js';
import type { FrameChangeOptions } from '../rewrite/frame-change.js';

export const addressFlags = {
  map: Flags.string({
    summary: 'Map addresses: A=B, or A/n=B/m to replace the network and keep the host; may be given several times.',
    helpValue: '10.0.0.0/8=192.168.0.0/16',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    helpGroup: 'ADDRESSES',
  }),
  'map-mac': Flags.string({
    summary: 'Map MAC addresses; may be given several times.',
    helpValue: 'MAC=MAC',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    helpGroup: 'ADDRESSES',
  }),
  anonymize: Flags.boolean({
    summary: 'Anonymise all addresses with a key that is drawn and thrown away, and erase payload.',
    default: false,
    helpGroup: 'ANONYMISATION',
  }),
  'anonymize-key': Flags.string({
    summary:
      'The same with this key: a secret, or a file that holds it. One key makes the same of an address every time.',
    helpValue: 'SECRET|FILE',
    exclusive: ['anonymize'],
    helpGroup: 'ANONYMISATION',
  }),
  'keep-payload': Flags.boolean({
    summary: 'Anonymise addresses and leave the payload, which may tell them all the same.',
    default: false,
    helpGroup: 'ANONYMISATION',
  }),
  'keep-oui': Flags.boolean({
    summary: 'Leave the maker in MAC addresses: their first three bytes.',
    default: false,
    helpGroup: 'ANONYMISATION',
  }),
};

interface AddressFlags {
  readonly map: readonly string[];
  readonly 'map-mac': readonly string[];
  readonly anonymize: boolean;
  readonly 'anonymize-key': string | undefined;
  readonly 'keep-payload': boolean;
  readonly 'keep-oui': boolean;
}

/** True if a flag asks for anything that only a capture can show. */
export const concernsAddresses = (flags: AddressFlags): boolean =>
  flags.map.length > 0 ||
  flags['map-mac'].length > 0 ||
  isAnonymous(flags) ||
  flags['keep-payload'] ||
  flags['keep-oui'];

const isAnonymous = (flags: AddressFlags): boolean => flags.anonymize || flags['anonymize-key'] !== undefined;

/** What is said of an anonymisation, if there is one. */
export function anonymityNote(flags: AddressFlags): string | undefined {
  if (!isAnonymous(flags)) return undefined;
  const key = flags.anonymize ? ' with a key that has been thrown away' : '';
  const payload = flags['keep-payload'] ? 'payload kept' : 'payload erased';
  return `Addresses anonymised${key}, ${payload}`;
}

/** @throws SynthError `SYNTH_USAGE`, `SYNTH_TARGET_INVALID`, `SYNTH_FILE_UNREADABLE` */
export async function parseAddressChanges(
  flags: AddressFlags,
): Promise<Pick<FrameChangeOptions, 'addresses' | 'erasePayload'>> {
  const anonymous = isAnonymous(flags);
  if (!anonymous && (flags['keep-payload'] || flags['keep-oui'])) {
    throw new SynthError('SYNTH_USAGE', '--keep-payload and --keep-oui say what an anonymisation leaves', {
      hint: 'Add --anonymize or --anonymize-key.',
    });
  }
  const addresses: AddressChange[] = [];
  if (flags.map.length > 0) addresses.push(parseAddressMaps(flags.map));
  if (flags['map-mac'].length > 0) addresses.push(parseMacMaps(flags['map-mac']));
  if (anonymous) {
    const text = flags['anonymize-key'];
    const key = text === undefined ? drawKey(CRYPTO_PAN_KEY_BYTES) : await readAnonymizationKey(text);
    addresses.push(new Anonymizer(key, { keepOui: flags['keep-oui'] }));
  }
  return { addresses, erasePayload: anonymous && !flags['keep-payload'] };
}
