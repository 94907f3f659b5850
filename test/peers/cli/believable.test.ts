/**
 * Whether generated captures would be believed: by tshark, capinfos and nDPI, beside the captures that the models come from, and packet by
 * packet beside what the models have drawn.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadModelFile } from '../../../src/model-files/load-model.js';
import { collect, type PacketBlock } from '../../../src/packets/packet-series.js';
import { randomStream } from '../../../src/random.js';
import { loadSeries } from '../../../src/series/load.js';
import { parseDevice } from '../../../src/series/target.js';
import { DEVICE, synth, synthJson, workFolder } from '../../support/cli.js';
import { fixture } from '../../support/files.js';
import { runPeer, sharedCapture, testWithCaptures, testWithPeers } from '../../support/peers.js';

const cwd = workFolder();
const at = (name: string): string => join(cwd, name);
const text = (name: string): string => readFileSync(at(name), 'utf8');

/** A device of a capture. */
interface Subject {
  readonly name: string;
  readonly capture: string;
  readonly device: string;
}

const DOORBELL: Subject = { name: 'doorbell', capture: fixture('doorbell/doorbell.pcap'), device: DEVICE };
const dev = (name: string, capture: string, device: string): Subject => ({
  name,
  capture: sharedCapture(`dev/${capture}`),
  device,
});
const HUE = dev('hue', 'iot_hue_switch_setup.pcap', '00:17:88:24:76:ff');
const BROWSING = dev('browsing', 'tls_ipv6_browsing.pcap', '8c:ec:4b:ca:16:5a');
const DLINK = dev('dlink', 'video_dlink_cam_nsec.pcap', 'b0:c5:54:43:54:83');

/** A few steps of a small network: what it says does not matter here. */
const SMALL = ['--epochs', '1', '--hidden', '16', '--layers', '1', '--threads', '1'];
const FEW_STATES = ['--components', '4', '--threads', '1'];
const FLAGS: Readonly<Record<string, readonly string[]>> = { markov: [], hmm: FEW_STATES, rnn: SMALL, tcn: SMALL };

const models = new Map<string, Promise<string>>();

/** The model file of a device, trained when it is first asked for. */
function modelOf({ name, capture, device }: Subject, kind = 'markov'): Promise<string> {
  const file = `${name}-${kind}.safetensors`;
  const known = models.get(file);
  if (known !== undefined) return known;
  const args = ['train', capture, '--device', device, '--model', kind, '--out', file, ...FLAGS[kind]!];
  const made = synthJson(args, { cwd }).then(() => file);
  models.set(file, made);
  return made;
}

const generateWith = (model: string, out: string, args: readonly string[] = []) =>
  synthJson(['generate', model, '--seed', '1', '--out', out, '--force', ...args], { cwd });

const CHECKED = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
const FAULTS_OF_FRAMES = [
  'tcp.analysis.flags',
  ...['ip', 'tcp', 'udp', 'icmp', 'icmpv6', 'igmp'].map((protocol) => `${protocol}.checksum.status==0`),
].join(' || ');
const FAULTS = `_ws.malformed || ${FAULTS_OF_FRAMES}`;

const tshark = (path: string, filter: string, ...args: readonly string[]): string[] =>
  runPeer('tshark', ['-n', '-r', path, ...CHECKED, '-Y', filter, ...args])
    .split('\n')
    .filter((line) => line !== '');

/** What tshark or capinfos would wonder about. */
function expectSound(name: string): void {
  expect(tshark(at(name), FAULTS)).toEqual([]);
  expect(runPeer('capinfos', ['-o', at(name)])).toMatch(/Strict time order: +True/);
}

interface Seen {
  readonly protocol: string;
  readonly ports: readonly number[];
  readonly bytes: number;
}

/** Conversations as tshark counts them. */
function conversationsIn(path: string, filter: string): readonly Seen[] {
  const fields = ['tcp.stream', 'udp.stream', 'tcp.port', 'udp.port', 'frame.len'].flatMap((field) => ['-e', field]);
  const found = new Map<string, { protocol: string; ports: readonly number[]; bytes: number }>();
  const own = `(${filter}) && (tcp || udp) && !icmp && !icmpv6`;
  for (const line of tshark(path, own, '-T', 'fields', ...fields)) {
    const [tcp, udp, tcpPorts, udpPorts, length] = line.split('\t');
    const protocol = tcp === '' ? 'udp' : 'tcp';
    const key = `${protocol} ${tcp || udp}`;
    const ports = (tcpPorts || udpPorts!).split(',').slice(0, 2).map(Number);
    const one = found.get(key) ?? { protocol, ports, bytes: 0 };
    found.set(key, { ...one, bytes: one.bytes + Number(length) });
  }
  return [...found.values()];
}

const filterOf = ({ device }: Subject): string =>
  device.split(':').length === 6 ? `eth.addr==${device}` : `ip.addr==${device}`;

/** Services whose ports a tenth of the packets or conversations of a capture have: the lower port, which is that of the server. */
function largeServices(conversations: readonly Seen[]): readonly string[] {
  const shares = new Map<string, { count: number; bytes: number }>();
  for (const { protocol, ports, bytes } of conversations) {
    const key = `${protocol} ${Math.min(...ports)}`;
    const share = shares.get(key) ?? { count: 0, bytes: 0 };
    shares.set(key, { count: share.count + 1, bytes: share.bytes + bytes });
  }
  const all = conversations.reduce((sum, { bytes }) => sum + bytes, 0);
  return [...shares]
    .filter(([, { count, bytes }]) => count >= conversations.length / 10 || bytes >= all / 10)
    .map(([key]) => key)
    .sort();
}

const countOf = (protocol: string, conversations: readonly Seen[]) =>
  conversations.filter((one) => one.protocol === protocol).length;

/** Protocols that nDPI names, with their shares of the packets. */
function protocolsIn(path: string): ReadonlyMap<string, number> {
  const lines = runPeer('ndpiReader', ['-i', path]).matchAll(/^\t(\S+) +packets: (\d+) +bytes: \d+ +flows: \d+/gm);
  const counts = [...lines].map(([, name, packets]) => [name!, Number(packets)] as const);
  const all = counts.reduce((sum, [, packets]) => sum + packets, 0);
  return new Map(counts.map(([name, packets]) => [name, packets / all]));
}

/** The packets of a device alone. */
function captureOf(subject: Subject): string {
  const path = at(`${subject.name}-real.pcap`);
  runPeer('tshark', ['-r', subject.capture, '-Y', filterOf(subject), '-F', 'pcap', '-w', path]);
  return path;
}

describe.each(Object.keys(FLAGS))('a capture of %s', (kind) => {
  testWithPeers(['tshark', 'capinfos'], 'has nothing in it that tshark or capinfos would wonder about', async () => {
    const out = `doorbell-${kind}.pcapng`;
    const { packets, conversations } = await generateWith(await modelOf(DOORBELL, kind), out, ['--packets', '4000']);
    expectSound(out);
    expect(packets).toBe(4000);
    expect(conversations).toBeGreaterThan(1);
    // So that no fault means something: most segments have a checksum that is right, and belong to connections that are whole.
    expect(tshark(at(out), 'tcp.checksum.status==1 && tcp.flags.syn==1').length).toBeGreaterThan(2);
  });
});

describe.each([HUE, BROWSING, DLINK])('a capture like that of a real device, $name,', (subject) => {
  for (const kind of ['markov', 'hmm']) {
    testWithCaptures(`is sound, of ${kind}`, async () => {
      const out = `${subject.name}-${kind}.pcapng`;
      await generateWith(await modelOf(subject, kind), out, ['--packets', '3000']);
      expectSound(out);
    });
  }
});

describe('the packets of a capture', () => {
  const LIMIT = ['--packets', '3000'];
  const rowsOf = async (capture: string, ...more: readonly string[]): Promise<string[]> => {
    const out = `${capture}.csv`;
    await synthJson(['extract', capture, '--device', '00:00:5e:00:53:01', '--out', out, '--force', ...more], { cwd });
    return text(out).trimEnd().split('\n').slice(1);
  };
  /** Without the gap, which forced frames change. */
  const withoutGap = (row: string) => row.slice(0, row.lastIndexOf(','));
  const toMicroseconds = (row: string) => row.replace(/^(\d+\.\d{6})\d{3}/, '$1');

  test('are those that the model draws, in size, direction and time', async () => {
    const model = await modelOf(DOORBELL);
    await generateWith(model, 'drawn.csv', LIMIT);
    const drawn = text('drawn.csv').trimEnd().split('\n').slice(1);
    expect(drawn).toHaveLength(3000);
    for (const format of ['pcapng', 'nsecpcap', 'pcap']) {
      const out = `drawn-${format}.pcap`;
      const { forcedFrames } = await generateWith(model, out, [...LIMIT, '--strict-sizes', '--format', format]);
      expect(forcedFrames).toBe(0);
      const rows = await rowsOf(out);
      if (format === 'pcap') {
        expect(rows.map((row) => toMicroseconds(withoutGap(row)))).toEqual(
          drawn.map((row) => toMicroseconds(withoutGap(row))),
        );
      } else expect(rows).toEqual(drawn);
    }
  });

  test('have those beside them that TCP needs, as many as are told', async () => {
    const model = await modelOf(DOORBELL);
    await generateWith(model, 'drawn.csv', LIMIT);
    const drawn = text('drawn.csv').trimEnd().split('\n').slice(1).map(withoutGap);
    const { forcedFrames } = await generateWith(model, 'forced.pcapng', LIMIT);
    const rows = (await rowsOf('forced.pcapng')).map(withoutGap);
    expect(forcedFrames).toBeGreaterThan(0);
    expect(rows).toHaveLength(drawn.length + (forcedFrames as number));
    // Those that were drawn are there, in their order.
    let next = 0;
    for (const row of rows) if (row === drawn[next]) next++;
    expect(next).toBe(drawn.length);
  });
});

describe('conversations', () => {
  testWithPeers(['tshark'], 'are as many as those of the doorbell, with the same services', async () => {
    const real = conversationsIn(DOORBELL.capture, filterOf(DOORBELL));
    await generateWith(await modelOf(DOORBELL), 'doorbell.pcapng');
    const made = conversationsIn(at('doorbell.pcapng'), 'ip || ipv6');
    expect(countOf('tcp', real)).toBe(27);
    expect(Math.abs(countOf('tcp', made) - 27)).toBeLessThanOrEqual(0.2 * 27);
    expect(largeServices(made)).toEqual(expect.arrayContaining([...largeServices(real)]));
  });

  // Counts that the model reaches within a fifth; docs/conversations.md has those that it does not.
  const REACHED = [
    [HUE, 'tcp'],
    [BROWSING, 'tcp'],
  ] as const;
  for (const [subject, protocol] of REACHED) {
    testWithCaptures(`over ${protocol} are as many as those of ${subject.name}, with the same services`, async () => {
      const real = conversationsIn(subject.capture, filterOf(subject));
      await generateWith(await modelOf(subject), 'whole.pcapng');
      const made = conversationsIn(at('whole.pcapng'), 'ip || ipv6');
      const count = countOf(protocol, real);
      expect(Math.abs(countOf(protocol, made) - count)).toBeLessThanOrEqual(0.2 * count);
      const ofProtocol = (services: readonly string[]) => services.filter((one) => one.startsWith(protocol));
      expect(ofProtocol(largeServices(made))).toEqual(expect.arrayContaining(ofProtocol(largeServices(real))));
    });
  }
});

describe('nDPI', () => {
  /** Those with a fiftieth of the packets. Of a capture that holds headers only it guesses by the port, of ours it reads: HTTP. */
  const vital = (protocols: ReadonlyMap<string, number>) =>
    [...protocols]
      .filter(([name, part]) => part >= 0.02 && name !== 'Unknown')
      .map(([name]) => name.replace('HTTP_Proxy', 'HTTP'))
      .sort();

  const compare = async (subject: Subject, expected: readonly string[]): Promise<void> => {
    const real = protocolsIn(captureOf(subject));
    await generateWith(await modelOf(subject), 'ndpi.pcap', ['--packets', '8000']);
    const made = protocolsIn(at('ndpi.pcap'));
    expect(vital(real)).toEqual(expected);
    expect([...made.keys()]).toEqual(expect.arrayContaining([...expected]));
    // What it cannot name is no more than before, but for a tenth.
    expect(made.get('Unknown') ?? 0).toBeLessThan((real.get('Unknown') ?? 0) + 0.1);
  };

  testWithPeers(['ndpiReader', 'tshark'], 'names the protocols of the doorbell', () =>
    compare(DOORBELL, ['HTTP', 'MQTT']),
  );
  testWithCaptures('names those of a bridge for lamps', () => compare(HUE, ['HTTP']));

  /** Of captures that are long, the beginning. */
  const compareBeginning = async (name: string, capture: string, device: string, expected: string): Promise<void> => {
    runPeer('editcap', ['-r', sharedCapture(`dev/${capture}`), at(`${name}.pcap`), '1-4000']);
    await compare({ name, capture: at(`${name}.pcap`), device }, [expected]);
  };
  testWithCaptures('names those of a tunnel through DNS', () =>
    compareBeginning('iodine', 'dns_iodine_cname.pcap', '192.168.117.128', 'DNS'),
  );
  testWithCaptures('names those of a control system', () =>
    compareBeginning('modbus', 'modbus_cset_4d5s.pcap', '192.168.43.148', 'Modbus'),
  );
});

describe('many devices', () => {
  const LIMIT = ['--packets', '200'];
  let model: string;
  beforeAll(async () => {
    model = await modelOf(DOORBELL);
    await generateWith(model, 'twenty.pcapng', [...LIMIT, '--devices', '20', '--strict-sizes']);
  });

  const seriesOf = async (capture: string, device: number): Promise<PacketBlock> => {
    const mac = device === 0 ? '00:00:5e:00:53:01' : `02:00:5e:00:53:${device.toString(16).padStart(2, '0')}`;
    const { series } = await loadSeries([at(capture)], parseDevice(mac));
    return collect(series);
  };

  testWithPeers(
    ['tshark', 'capinfos'],
    'are in one capture, in the order of time, each with its own addresses',
    async () => {
      expectSound('twenty.pcapng');
      const lines = tshark(at('twenty.pcapng'), 'ip', '-T', 'fields', '-e', 'eth.addr', '-e', 'ip.addr');
      const of = (column: number, pattern: RegExp) =>
        new Set(lines.flatMap((line) => line.split('\t')[column]!.split(',')).filter((one) => pattern.test(one)));
      expect(of(1, /^192\.0\.2\./).size).toBe(20);
      expect(of(0, /^(02:00:5e:00:53:|00:00:5e:00:53:01)/).size).toBe(20);
      expect(tshark(at('twenty.pcapng'), 'frame').length).toBe(20 * 200);
    },
  );

  test('are found again by their address, each with the packets that its seed gives', async () => {
    const file = await loadModelFile(at(model));
    const limit = { packets: 200, durationNs: Number.POSITIVE_INFINITY };
    const sizes = new Set<string>();
    for (let device = 0; device < 20; device++) {
      const path = device === 0 ? 'packets' : `device-${device}/packets`;
      const series = await seriesOf('twenty.pcapng', device);
      expect(series).toEqual(collect(file.model.sample(randomStream('1', path), limit)));
      sizes.add(series.sizes.join());
    }
    expect(sizes.size).toBe(20);
  });

  test('are the same however many others there are, the first as if it was alone', async () => {
    await generateWith(model, 'alone.pcapng', [...LIMIT, '--strict-sizes']);
    await generateWith(model, 'three.pcapng', [...LIMIT, '--devices', '3', '--strict-sizes']);
    expect(await seriesOf('alone.pcapng', 0)).toEqual(await seriesOf('twenty.pcapng', 0));
    for (const device of [0, 1, 2]) {
      expect(await seriesOf('three.pcapng', device)).toEqual(await seriesOf('twenty.pcapng', device));
    }
  });
});

describe('options together', () => {
  const LIMIT = ['--packets', '1500'];

  for (const oversize of ['fragment', 'split'] as const) {
    testWithPeers(['tshark', 'capinfos'], `an MTU that packets exceed, which are to ${oversize}`, async () => {
      const out = `mtu-${oversize}.pcapng`;
      const options = [...LIMIT, '--mtu', '600', '--oversize', oversize];
      await generateWith(await modelOf(DOORBELL), out, options);
      expectSound(out);
      const sizes = tshark(at(out), 'ip', '-T', 'fields', '-E', 'occurrence=f', '-e', 'ip.len').map(Number);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(600);
      expect(Math.max(...sizes)).toBeGreaterThan(560);
    });
  }

  test('an MTU that packets exceed is an error where they are not to be cut', async () => {
    const model = await modelOf(DOORBELL);
    const args = ['generate', model, '--seed', '1', '--out', 'error.pcapng', '--mtu', '600', '--oversize', 'error'];
    const { code, stderr } = await synth(args, { cwd });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/600/);
  });

  testWithPeers(['tshark', 'capinfos'], 'every kind of payload', async () => {
    for (const payload of ['protocol', 'pattern', 'zeros', 'random', at('capture.pcap')]) {
      await generateWith(await modelOf(DOORBELL), 'payload.pcapng', [...LIMIT, '--payload', payload]);
      // Other bytes than those of the protocol are no messages of it, and tshark says so.
      const faults = tshark(at('payload.pcapng'), payload === 'protocol' ? FAULTS : FAULTS_OF_FRAMES);
      expect(faults).toEqual([]);
    }
  });

  testWithPeers(['tshark', 'capinfos'], 'maps, devices, an MTU and a series of files', async () => {
    const maps = ['--map', '192.0.2.0/24=10.1.2.0/24', '--map', '198.51.100.1=10.9.9.9'];
    const options = [...LIMIT, ...maps, '--devices', '3', '--mtu', '576', '--oversize', 'split'];
    const { files } = await generateWith(await modelOf(DOORBELL), 'part.pcapng', [...options, '--rotate', '200kB']);
    const parts = files as readonly { readonly path: string }[];
    expect(parts.length).toBeGreaterThan(2);
    const addresses = new Set<string>();
    for (const { path } of parts) {
      expect(runPeer('capinfos', ['-o', join(cwd, path)])).toMatch(/Strict time order: +True/);
      for (const line of tshark(join(cwd, path), 'ip', '-T', 'fields', '-e', 'ip.addr')) {
        for (const one of line.split(',')) addresses.add(one);
      }
    }
    expect([...addresses].filter((one) => /^10\.1\.2\.[123]$/.test(one))).toHaveLength(3);
    expect([...addresses].filter((one) => /^192\.0\.2\.|^198\.51\.100\.1$/.test(one))).toEqual([]);
    expect(addresses.has('10.9.9.9')).toBe(true);
  });
});

test('a model has nothing in it of what packets carried', async () => {
  const model = readFileSync(at(await modelOf(DOORBELL)));
  const words = text('capture.pcap').match(/[A-Za-z/][A-Za-z0-9/._-]{9,}/g) ?? [];
  expect(new Set(words).size).toBeGreaterThanOrEqual(3);
  for (const word of new Set(words)) expect([word, model.includes(word)]).toEqual([word, false]);
});
