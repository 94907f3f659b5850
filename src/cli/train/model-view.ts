/**
 * @module
 * A model as `synth model info` shows it to people.
 */
import type { ComponentDescription, TrainingTable } from '../../../models/traffic-model.js';
import type { Conversations } from '../../conversations/records.js';
import { formatCount, formatCounted, formatSeconds, formatShare } from '../../format.js';
import type { LoadedModel } from '../../model-files/model-file.js';
import { protocolName } from '../../net/protocol-name.js';
import { formatTable } from '../table.js';

const DIRECTIONS = ['outbound', 'inbound'] as const;

/** @param limit components of each direction at most; 0 for all */
export function printModel(
  path: string,
  { model, hash, packageVersion, profile, training, conversations }: LoadedModel,
  components: readonly ComponentDescription[],
  limit: number,
  print: (line: string) => void,
): void {
  print(`${path}: ${model.kind}, made by synth ${packageVersion}, sha256 ${hash}`);
  const ports = [profile.localPort, profile.peerPort].map((port) => port ?? '–').join(' → ');
  const addresses = profile.addresses
    ? `captured addresses ${profile.addresses.local} and ${profile.addresses.peer}`
    : 'no captured addresses';
  print(
    `A ${profile.kind}, ${protocolName(profile.protocol)} over IPv${profile.ipVersion}, ports ${ports}; ${addresses}`,
  );
  const left = training.holdout > 0 ? `, ${formatShare(training.holdout)} held out` : '';
  print(
    `Learned from ${formatCount(training.packets)} packets (${formatCount(training.outboundPackets)} outbound), ` +
      `${formatSeconds(training.spanSeconds)}, ${training.series} series${left}`,
  );
  if (conversations) printServices(servicesOf(conversations), limit, print);
  const { lines, tables } = model.describeTraining();
  for (const line of lines) print(line);
  for (const table of tables) printTable(table, print);
  for (const direction of DIRECTIONS) {
    const all = components.filter(({ outbound }) => outbound === (direction === 'outbound'));
    printComponents(direction, all, limit, print);
  }
}

/** What a model knows of the conversations to one service. */
export interface ServiceView {
  readonly protocol: string;
  readonly ipVersion: 4 | 6;
  /** Null for protocols without ports, and for rare ports together. */
  readonly port: number | null;
  readonly openedBy: 'target' | 'peer';
  readonly long: boolean;
  readonly conversations: number;
  readonly peers: number;
  readonly packets: number;
}

/** Most packets first. */
export function servicesOf({ services, records }: Conversations): readonly ServiceView[] {
  const views = services.map(({ protocol, ipVersion, port, openedByLocal, long }, index): ServiceView => {
    const own = Array.from(records.service.keys()).filter((record) => records.service[record] === index);
    return {
      protocol: protocolName(protocol),
      ipVersion,
      port,
      openedBy: openedByLocal ? 'target' : 'peer',
      long,
      conversations: own.length,
      peers: new Set(own.map((record) => records.peer[record])).size,
      packets: own.reduce((sum, record) => sum + records.packets[record]!, 0),
    };
  });
  return views.toSorted((a, b) => b.packets - a.packets);
}

function printServices(services: readonly ServiceView[], limit: number, print: (line: string) => void): void {
  const all = services.reduce((sum, { conversations }) => sum + conversations, 0);
  print(`${formatCounted(all, 'conversation')} of ${formatCounted(services.length, 'service')}`);
  const shown = services.slice(0, limit || undefined);
  const cells = shown.map(({ protocol, ipVersion, port, openedBy, long, conversations, peers, packets }) => [
    `${protocol}${port === null ? '' : ` ${port}`} over IPv${ipVersion}${long ? ', long ones' : ''}`,
    openedBy,
    ...[conversations, peers, packets].map(formatCount),
  ]);
  print(formatTable(['service', 'opened by', 'conversations', 'peers', 'packets'], cells, [2, 3, 4]));
  if (shown.length < services.length) print(`… and ${services.length - shown.length} more`);
}

function printTable({ columns, rows }: TrainingTable, print: (line: string) => void): void {
  const numbers = [...columns.keys()].filter((column) => columns[column] !== '');
  print('');
  print(formatTable(columns, rows, numbers));
}

function printComponents(
  title: string,
  components: readonly ComponentDescription[],
  limit: number,
  print: (line: string) => void,
): void {
  if (components.length === 0) return;
  const shown = limit === 0 ? components : components.slice(0, limit);
  const rows = shown.map((one) => [
    formatShare(one.share),
    one.meanSizeBytes.toFixed(1),
    formatSeconds(one.geometricMeanGapMs / 1e3),
    formatShare(one.exactSizes),
    formatShare(one.exactGaps),
    one.stay === null ? '' : formatShare(one.stay),
  ]);
  print('');
  print(
    formatTable(
      [title, 'mean bytes', 'gap (geo. mean)', 'exact sizes', 'exact gaps', 'stays'],
      rows,
      [0, 1, 2, 3, 4, 5],
    ),
  );
  if (shown.length < components.length)
    print(`… and ${formatCount(components.length - shown.length)} more (--limit 0 shows all)`);
}
