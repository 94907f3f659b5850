/**
 * @module
 * The thread of a shard: builds its devices, waits for the word to start, runs them, and gives its account. Messages are those of
 * `shard-task.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../clock.js';
import { toThreadError } from '../../thread-error.js';
import { GroupCounts } from '../account/group-counts.js';
import type { ClientFactory } from '../clients/client.js';
import { createClientFactory } from '../clients/create-factory.js';
import { recordLine } from '../device/observer.js';
import { Timeline } from '../device/timeline.js';
import { type BuiltDevice, buildDevices, devicesOf, loadModels } from '../plan/build-devices.js';
import type { ShardAnswer, ShardRequest, ShardTask } from '../plan/shard-task.js';
import { deviceFidelity } from './fidelity.js';
import { Shard } from './shard.js';

const REPORT_MS = 500;
/** The record is given away before it gets longer than this. */
const MAX_RECORD = 256 * 1024;

const answer = (message: ShardAnswer): void => parentPort!.postMessage(message);

/** What has been counted by name since the last report, and the record. */
class Reports {
  #errors: Map<string, number>[];
  #record = '';

  constructor(groups: number) {
    this.#errors = emptyMaps(groups);
  }

  countError(group: number, reason: string): void {
    const errors = this.#errors[group]!;
    errors.set(reason, (errors.get(reason) ?? 0) + 1);
  }

  addRecord(line: string): void {
    this.#record += line;
    if (this.#record.length > MAX_RECORD) this.send();
  }

  send(): void {
    answer({ kind: 'report', errors: this.#errors, record: this.#record });
    this.#errors = emptyMaps(this.#errors.length);
    this.#record = '';
  }
}

const emptyMaps = (groups: number) => Array.from({ length: groups }, () => new Map<string, number>());

/** Of each group that of its target; groups with the same one share it. */
async function prepareFactories({ groups }: ShardTask): Promise<readonly ClientFactory[]> {
  const factories = new Map<string, Promise<ClientFactory>>();
  const prepared = async (group: ShardTask['groups'][number]) => {
    const factory = await createClientFactory(group.target);
    await factory.prepare();
    return factory;
  };
  for (const group of groups) {
    if (!factories.has(group.target.name)) factories.set(group.target.name, prepared(group));
  }
  return Promise.all(groups.map(({ target }) => factories.get(target.name)!));
}

type StartRequest = Extract<ShardRequest, { kind: 'start' }>;

/** What the main thread says. */
class Requests {
  readonly started: Promise<StartRequest>;
  /** Called when the run is to end before its time. */
  onStop = (): void => {};
  stopped = false;

  constructor() {
    this.started = new Promise((resolve) => {
      parentPort!.on('message', (request: ShardRequest) => {
        if (request.kind === 'start') resolve(request);
        else this.#stop();
      });
    });
  }

  #stop(): void {
    this.stopped = true;
    this.onStop();
  }
}

async function run(task: ShardTask): Promise<void> {
  const requests = new Requests();
  const { groups, phases, limits, threads } = task;
  const [factories, models] = await Promise.all([prepareFactories(task), loadModels(groups)]);
  const reports = new Reports(groups.length);
  const timeline = new Timeline(phases, devicesOf(groups), limits.durationNs);
  const shard = new Shard({
    clock: systemClock,
    totalNs: timeline.totalNs,
    connectsPerSecond: limits.connectsPerSecond / threads,
    countError: (group, reason) => reports.countError(group, reason),
  });
  let startWallMs = 0;
  const built = await buildDevices({
    task,
    timeline,
    factories,
    models,
    startWallMs: () => startWallMs,
    host: shard,
    record: (device) => (message) => reports.addRecord(recordLine(device, message)),
  });
  answer({ kind: 'ready' });
  const start = await requests.started;
  startWallMs = start.startWallMs;
  const ended = shard.run(
    built.map(({ device }) => device),
    start.startNs,
  );
  requests.onStop = () => shard.stop();
  if (requests.stopped) shard.stop();
  const timer = setInterval(() => reports.send(), REPORT_MS);
  await ended;
  clearInterval(timer);
  countEnds(task, built);
  reports.send();
  await Promise.all([...new Set(factories)].map((factory) => factory.close()));
  const fidelity = built.flatMap(({ group, observer }) =>
    observer === undefined ? [] : (deviceFidelity(group, observer.plan, observer.sentRecord) ?? []),
  );
  answer({ kind: 'done', fidelity });
}

/** What devices know only in the end. */
function countEnds({ counts }: ShardTask, built: readonly BuiltDevice[]): void {
  const groups = counts.map((memory) => new GroupCounts(memory));
  for (const { device, group } of built) {
    groups[group]!.add('unfinished', device.unfinished);
    groups[group]!.add('leftToStack', device.leftToStack);
  }
}

try {
  await run(workerData as ShardTask); // what fleet-threads.ts has given it
} catch (error) {
  answer(toThreadError(error));
}
