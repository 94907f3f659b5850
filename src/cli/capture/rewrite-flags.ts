/**
 * @module
 * What `rewrite` and `extract` share: maps of addresses, anonymisation, and what that means for a series of files.
 */
import { Flags } from '@oclif/core';
import { SynthError } from '../../errors.js';
import type { Rotation } from '../../output/output-series.js';
import { drawKey } from '../../random.js';
import type { AddressChange } from '../../rewrite/address-change.js';
import { parseAddressMaps, parseMacMaps } from '../../rewrite/address-map.js';
import { isKeyFile, readAnonymizationKey } from '../../rewrite/anonymization-key.js';
import { Anonymizer } from '../../rewrite/anonymizer.js';
import { CRYPTO_PAN_KEY_BYTES } from '../../rewrite/crypto-pan.js';
import type { FrameChangeOptions } from '../../rewrite/frame-change.js';
import { parseRotation, resumeCommand } from './series-output.js';

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

/** Stands for a secret in the command that goes on with a series, which may end up in a log. */
const SECRET_PLACE = 'SECRET';

/**
 * A series can only be gone on with by what gives the same bytes, which a key that was drawn does not.
 *
 * @param command as it was typed
 * @param fixed values of flags that would not be the same a second time
 * @throws SynthError `SYNTH_USAGE`
 */
export async function parseRewriteRotation(
  flags: AddressFlags & { readonly rotate?: string | undefined; readonly resume?: boolean | undefined },
  command: { readonly id?: string | undefined; readonly argv: readonly string[] },
  fixed: Readonly<Record<string, string>> = {},
): Promise<Rotation | undefined> {
  const key = flags['anonymize-key'];
  const secret = key === undefined || (await isKeyFile(key)) ? {} : { '--anonymize-key': SECRET_PLACE };
  const rotation = parseRotation(flags, flags.anonymize ? undefined : resumeCommand(command, { ...fixed, ...secret }));
  if (rotation?.resume && flags.anonymize) {
    throw new SynthError('SYNTH_USAGE', '--resume cannot go on with --anonymize, whose key is another one each time', {
      hint: 'Write all files again, with --anonymize-key if it may have to be gone on with.',
    });
  }
  if (rotation?.resume && Object.keys(fixed).length > 0) {
    const [flag] = Object.keys(fixed);
    throw new SynthError('SYNTH_USAGE', `--resume needs the ${flag} of the first time`, {
      hint: 'The run that ended early has printed the command that goes on with it.',
    });
  }
  return rotation;
}
