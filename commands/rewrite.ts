/** `synth rewrite`: a capture with other times, addresses and tags, or in another format. */
import { Args, Flags } from '@oclif/core';
import { CAPTURE_FORMATS } from '../src/capture/capture-writer.js';
import { BaseCommand } from '../src/cli/base-command.js';
import { explainOwnFiles } from '../src/cli/capture/own-files.js';
import {
  addressFlags,
  anonymityNote,
  parseAddressChanges,
  parseRewriteRotation,
} from '../src/cli/capture/rewrite-flags.js';
import { noteRewritten, rewrittenJson } from '../src/cli/capture/rewrite-view.js';
import { seriesFlags } from '../src/cli/capture/series-output.js';
import { forceFlag, parseTarget, targetFlags } from '../src/cli/flags.js';
import { formatTimestamp, parseShift, parseTimeBound, parseTimestamp } from '../src/cli/parse.js';
import { requireOneStdin } from '../src/cli/stdin.js';
import { systemClock } from '../src/clock.js';
import { rewriteFormatOf } from '../src/rewrite/capture-output.js';
import type { FrameChangeOptions } from '../src/rewrite/frame-change.js';
import { parseNumberMaps } from '../src/rewrite/number-map.js';
import type { PacketRangeOptions } from '../src/rewrite/packet-range.js';
import { rewriteCaptures } from '../src/rewrite/rewrite.js';
import { parseSpeed, type TimeChangeOptions } from '../src/rewrite/time-change.js';

const MAX_PORT = 65_535;
/** 4095 is reserved (IEEE 802.1Q table 9-2), and is in captures all the same. */
const MAX_VLAN = 4095;

export default class Rewrite extends BaseCommand {
  static override summary =
    'Copy a capture with other times, addresses, ports or VLANs, a part of it, or in another format.';
  static override description =
    'Frames are copied byte by byte except for what a flag changes; several captures are merged by time. Packets are chosen first, ' +
    'by target, time and number, then changed. Addresses change wherever a frame has them: in the link layer, ARP, IP, the packet that ' +
    'an ICMP error quotes, neighbour discovery; not inside tunnels. Checksums follow, so that a right one stays right and a wrong one ' +
    'wrong, unless --fix-checksums computes them. An anonymisation is prefix-preserving (Crypto-PAn) and erases payload, since that ' +
    'is where names and addresses are told; unspecified, loopback, broadcast and multicast addresses and the prefix of link-local ' +
    'ones stay. A key on the command line can be seen by others on the machine; one in a file cannot.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> capture.pcap --start-time 2025-01-31T12:00:00Z --speed 2 --out faster.pcap',
    '<%= config.bin %> <%= command.id %> capture.pcap --map 10.77.0.0/16=192.168.0.0/16 --map-port 5004=6004 --out moved.pcap',
    '<%= config.bin %> <%= command.id %> capture.pcap --after 10s --before 1m --vlan 12 --out part.pcapng',
    '<%= config.bin %> <%= command.id %> capture.pcap --device 02:00:00:00:00:17 --anonymize --out shared.pcap',
    '<%= config.bin %> <%= command.id %> capture.pcap --rotate 10s --out ten-seconds.pcap.gz',
    '<%= config.bin %> <%= command.id %> capture.pcap --packets 1000 --snaplen 96 --format nsecpcap --out -',
  ];
  static override strict = false;
  static override args = {
    capture: Args.string({
      description: 'Capture file; more than one may be given; - is standard input.',
      required: true,
    }),
  };
  static override flags = {
    out: Flags.string({
      char: 'o',
      summary: 'File to write (.pcap, .pcapng, .gz behind it to compress), or - for standard output.',
      required: true,
      helpValue: 'FILE',
    }),
    format: Flags.option({ options: CAPTURE_FORMATS })({
      summary: 'Format, where the name of the file does not tell. pcap has µs, nsecpcap and pcapng have ns timestamps.',
    }),
    force: forceFlag,
    ...targetFlags,
    after: Flags.string({
      summary: 'Keep packets from this time on: ISO 8601, seconds since 1970, or like 10s since the first packet.',
      helpValue: 'TIME',
      helpGroup: 'PACKETS',
    }),
    before: Flags.string({
      summary: 'Keep packets before this time.',
      helpValue: 'TIME',
      helpGroup: 'PACKETS',
    }),
    skip: Flags.integer({
      summary: 'Leave out so many packets at the beginning.',
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      default: 0,
      helpValue: 'N',
      helpGroup: 'PACKETS',
    }),
    packets: Flags.integer({
      char: 'n',
      summary: 'Keep so many packets at most.',
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      helpValue: 'N',
      helpGroup: 'PACKETS',
    }),
    snaplen: Flags.integer({
      summary: 'Cut frames to so many bytes.',
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      helpValue: 'N',
      helpGroup: 'PACKETS',
    }),
    shift: Flags.string({
      summary: 'Move all packets in time: 2h, -30s.',
      helpValue: 'TIME',
      exclusive: ['start-time'],
      helpGroup: 'TIMES',
    }),
    'start-time': Flags.string({
      summary: 'Time of the first packet: ISO 8601, or seconds since 1970, or now.',
      helpValue: 'TIME',
      helpGroup: 'TIMES',
    }),
    speed: Flags.string({
      summary: 'Divide the gaps between packets: 2 is twice as fast, 0.5 half as fast.',
      default: '1',
      helpValue: 'FACTOR',
      helpGroup: 'TIMES',
    }),
    ...addressFlags,
    'map-port': Flags.string({
      summary: 'Map ports of TCP, UDP and SCTP; may be given several times.',
      helpValue: 'PORT=PORT',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      helpGroup: 'ADDRESSES',
    }),
    vlan: Flags.integer({
      summary: 'Put Ethernet frames into this VLAN: the outermost tag gets it, or a new one.',
      min: 0,
      max: MAX_VLAN,
      helpValue: 'VLAN',
      exclusive: ['strip-vlan'],
      helpGroup: 'VLANS',
    }),
    'strip-vlan': Flags.boolean({
      summary: 'Take the outermost VLAN tag away.',
      default: false,
      helpGroup: 'VLANS',
    }),
    'map-vlan': Flags.string({
      summary: 'Map the VLANs of all tags; may be given several times.',
      helpValue: 'VLAN=VLAN',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      helpGroup: 'VLANS',
    }),
    'fix-checksums': Flags.boolean({
      summary: 'Compute checksums of IPv4, TCP, UDP, SCTP, ICMP and ICMPv6 anew where all of a packet was captured.',
      default: false,
    }),
    ...seriesFlags,
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Rewrite);
    const files = argv as string[];
    requireOneStdin(files);
    this.requireOneStdout(flags.out);
    const format = flags.format ?? rewriteFormatOf(flags.out);
    const target = parseTarget(flags);
    const range = parseRange(flags);
    const time = parseTimes(flags);
    const begun = flags['start-time'] === 'now' ? { '--start-time': formatTimestamp(time.startNs!) } : {};
    const rotation = await parseRewriteRotation(flags, this, begun);
    const frames: FrameChangeOptions = {
      ...(await parseAddressChanges(flags)),
      ports: parseNumberMaps(flags['map-port'], 'port', MAX_PORT),
      vlan: {
        set: flags.vlan,
        strip: flags['strip-vlan'],
        map: parseNumberMaps(flags['map-vlan'], 'VLAN', MAX_VLAN),
      },
      fixChecksums: flags['fix-checksums'],
      snapLength: flags.snaplen ?? Number.POSITIVE_INFINITY,
    };
    const progress = this.progress('rewriting');
    const rewriting = rewriteCaptures(files, {
      out: flags.out,
      format,
      force: flags.force,
      rotation,
      target,
      payloadOnly: false,
      range,
      time,
      frames,
      signal: this.signal,
      onProgress: ({ bytes, totalBytes }) => progress.update(totalBytes && bytes / totalBytes, `${bytes >>> 20} MiB`),
    });
    const result = await explainOwnFiles(files, rewriting).finally(() => progress.stop());
    noteRewritten(result, { format, anonymity: anonymityNote(flags) }, (text) => this.note(text));
    return rewrittenJson(result, { out: flags.out, format });
  }
}

/** @throws SynthError `SYNTH_USAGE` */
function parseRange({
  after,
  before,
  skip,
  packets,
}: {
  readonly after: string | undefined;
  readonly before: string | undefined;
  readonly skip: number;
  readonly packets: number | undefined;
}): PacketRangeOptions {
  return {
    after: after === undefined ? undefined : parseTimeBound(after),
    before: before === undefined ? undefined : parseTimeBound(before),
    skip,
    packets: packets ?? Number.POSITIVE_INFINITY,
  };
}

/** @throws SynthError `SYNTH_USAGE` */
function parseTimes({
  shift,
  'start-time': start,
  speed,
}: {
  readonly shift: string | undefined;
  readonly 'start-time': string | undefined;
  readonly speed: string;
}): TimeChangeOptions {
  return {
    shiftNs: shift === undefined ? 0n : parseShift(shift),
    startNs: start === undefined ? undefined : start === 'now' ? systemClock.wallNs() : parseTimestamp(start),
    speed: parseSpeed(speed),
  };
}
