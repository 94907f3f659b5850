/**
 * Captures that are odd, damaged or something else, from the test suites of other projects. capinfos judges the number of
 * packets, tshark that of IP packets; every difference is listed with its reason, and the list may hold no other.
 */
import { describe, expect } from 'vitest';
import { captureInput } from '../../../src/capture/capture-file.js';
import { capturesIn, testEachCapture } from '../../support/captures.js';
import { runPeerToExit, testWithCaptures } from '../../support/peers.js';
import { type Outcome, outcomeOf } from '../../support/read.js';

/** What we answer where the peers answer otherwise. */
interface Difference {
  /** Our number of packets, or the code of our error, where capinfos reads the file without error and counts otherwise. */
  readonly packets?: number | string;
  /** Our number of IP packets, or the code of our error, where tshark counts otherwise. */
  readonly ipPackets?: number | string;
  readonly because: string;
}

const unsupported = (linkType: string): Difference => ({
  packets: 'SYNTH_CAPTURE_LINK_TYPE',
  ipPackets: 'SYNTH_CAPTURE_LINK_TYPE',
  because: `link type ${linkType} is not supported`,
});

const empty = (because: string): Difference => ({
  packets: 'SYNTH_CAPTURE_EMPTY',
  ipPackets: 'SYNTH_CAPTURE_EMPTY',
  because,
});

const NO_PACKETS = 'a valid file without a packet is an error: nothing must not look like success';

const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'be_us_netlink.pcap': unsupported('253 (netlink)'),
  'chdlc_http.pcap': unsupported('104 (Cisco HDLC)'),
  'dbus_nonip.pcap': unsupported('231 (D-Bus)'),
  'frame_relay_icmp.pcap': unsupported('107 (Frame Relay)'),
  'nflog.pcap': unsupported('239 (NFLOG)'),
  'slip.pcap': unsupported('8 (SLIP)'),
  'zigbee_802154.pcap': unsupported('230 (IEEE 802.15.4)'),
  'd_zero_length.pcap': empty('Wireshark takes a file of zero bytes for ERF'),
  'header_only_null.pcap': empty(NO_PACKETS),
  'ng_be_multi_shb_empty.pcapng': empty(NO_PACKETS),
  'ng_le_empty_idb_isb.pcapng': empty(NO_PACKETS),
  'other_snoop.snoop': {
    packets: 'SYNTH_CAPTURE_FORMAT',
    ipPackets: 'SYNTH_CAPTURE_FORMAT',
    because: 'snoop (RFC 1761) is not a format that we read',
  },
  'cut_ipv6_39.pcap': { ipPackets: 0, because: 'tshark shows the addresses of an IPv6 header that is one byte short' },
  'd_ng_bad_interface_id.pcapng': {
    ipPackets: 10,
    because: 'tshark stops at the packet of an unknown interface, the 9th of 11; we skip it and go on',
  },
  'inc_huge.pcap': {
    ipPackets: 1,
    because:
      'the second record makes Wireshark guess that all have the modified layout; we read the first as it stands',
  },
  'null_loopback.pcap': {
    ipPackets: 2,
    because:
      'the third frame begins with a Cisco HDLC header (0f 00 08 00) where the family belongs; Wireshark knows that trick',
  },
};

const answer = (outcome: Outcome, field: 'packets' | 'ipPackets'): number | string =>
  'error' in outcome ? outcome.error.code : outcome.report[field];

/** Undefined where capinfos finds an error in the file, or does not know it. */
function packetsByCapinfos(file: string): number | undefined {
  const { stdout, status } = runPeerToExit('capinfos', ['-c', '-M', '-T', '-r', '-m', file]);
  return status === 0 ? Number(stdout.trim().split(',').at(-1)) : undefined;
}

/** Undefined where tshark does not get to a packet: it does not know the file. */
function ipPacketsByTshark(file: string): number | undefined {
  const plain = ['-n', '-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE'];
  const fields = ['-T', 'fields', '-e', 'ip.src', '-e', 'ipv6.src', '-E', 'occurrence=f'];
  const { stdout, status } = runPeerToExit('tshark', [...plain, '-r', file, ...fields]);
  if (status !== 0 && stdout === '') return undefined;
  return stdout.split('\n').filter((line) => line.trim() !== '').length;
}

describe('capinfos and tshark agree, or there is a reason, on', () => {
  testEachCapture(['capinfos', 'tshark'], 'odd', async (file, name) => {
    const outcome = await outcomeOf(captureInput(file)); // a result or a SynthError: anything else fails here
    const difference: { -readonly [key in 'packets' | 'ipPackets']?: number | string } = {};
    const byPeer = { packets: packetsByCapinfos(file), ipPackets: ipPacketsByTshark(file) };
    for (const field of ['packets', 'ipPackets'] as const) {
      const ours = answer(outcome, field);
      if (byPeer[field] !== undefined && byPeer[field] !== ours) difference[field] = ours;
    }
    const { because: _, ...expected } = DIFFERENCES[name] ?? { because: '' };
    expect(difference).toEqual(expected);
  });

  testWithCaptures('every file that is listed with a difference', () => {
    const files = capturesIn('odd');
    expect(Object.keys(DIFFERENCES).filter((name) => !files.includes(name))).toEqual([]);
  });
});
