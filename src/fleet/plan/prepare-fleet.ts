/**
 * @module
 * Everything that is found out about a fleet before its first packet: what it will do, and whether this host and these targets can take it.
 */

import { availableParallelism } from 'node:os';
import { SynthError } from '../../errors.js';
import { formatCount, formatCounted } from '../../format.js';
import { requireAllowedTarget } from '../../host/safety.js';
import { maxOpenFiles, portsToGive, type SystemFiles } from '../../host/system-files.js';
import { resolveHost } from '../../host/target-url.js';
import type { AddressRange } from '../../net/address-range.js';
import { fleetDeviceStream } from '../../packets/streams.js';
import { placeOf, Timeline } from '../device/timeline.js';
import type { Group, Scenario } from '../scenario/scenario.js';
import { devicesOf, loadModels } from './build-devices.js';
import { GroupTemplates } from './group-templates.js';
import { type MessageRate, messageRate } from './model-rate.js';
import type { PreparedGroup } from './shard-task.js';

export interface PreparedFleet {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly groups: readonly PreparedGroup[];
  readonly threads: number;
  readonly timeline: Timeline;
  readonly plan: FleetPlan;
}

/** What will happen, as far as it is known. Rates are means, estimated from samples of the models. */
export interface FleetPlan {
  readonly groups: readonly GroupPlan[];
  readonly phases: readonly PhasePlan[];
  readonly devices: number;
  /** Most devices that are up at a time. */
  readonly peakDevices: number;
  readonly seconds: number;
  readonly messages: number;
  /** While all devices are up. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly threads: number;
  /** Null where the system does not say. */
  readonly descriptors: { readonly needed: number; readonly allowed: number | null };
  /** Of the target that takes the most. */
  readonly ports: { readonly needed: number; readonly available: number | null };
}

export interface GroupPlan {
  readonly name: string;
  readonly devices: number;
  readonly target: string;
  readonly address: string;
  readonly model: string;
  readonly messagesPerSecondPerDevice: number;
  readonly meanPacketBytes: number;
  readonly messages: number;
  readonly spreadSeconds: number;
}

export interface PhasePlan {
  readonly kind: string;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Up at its end. */
  readonly devices: number;
  /** Connections begun in a second, at the mean. */
  readonly connectsPerSecond: number;
}

export interface PrepareOptions {
  readonly seed: string;
  /** Undefined for what suits the machine. */
  readonly threads: number | undefined;
  readonly allowed: readonly AddressRange[];
  readonly files: SystemFiles;
}

/** What the process has open beside its connections, in each thread and in all. */
const RESERVED_DESCRIPTORS = 64;
/** One thread carries so many; a second one takes its processor from the target where both run on the same machine. */
const DEVICES_PER_THREAD = 10_000;
/** Longest time over which devices begin to talk where the scenario leaves it to the model. */
const MAX_SPREAD_NS = 60e9;

/** @throws SynthError for models that cannot be read, targets that are not allowed, and what this host cannot do */
export async function prepareFleet(scenario: Scenario, options: PrepareOptions): Promise<PreparedFleet> {
  const { seed, allowed, files } = options;
  const models = await loadModels(scenario.groups);
  const rates = scenario.groups.map((group, i) => messageRate(models[i]!, group));
  const groups = scenario.groups.map((group, i): PreparedGroup => {
    const spreadNs = group.spreadNs ?? Math.min(MAX_SPREAD_NS, 1e9 / rates[i]!.perSecond);
    return { ...group, spreadNs };
  });
  requireIdentities(groups, seed);
  const addresses = await Promise.all(groups.map(({ target }) => resolveHost(target.host)));
  for (const address of addresses) requireAllowedTarget(address, allowed);
  const devices = devicesOf(groups);
  const threads = Math.min(options.threads ?? defaultThreads(devices), devices);
  const timeline = new Timeline(scenario.phases, devices, scenario.limits.durationNs);
  const plan = planOf({ scenario, groups, rates, addresses, timeline, threads, files });
  requireRoom(plan);
  return { scenario, seed, groups, threads, timeline, plan };
}

const defaultThreads = (devices: number): number =>
  Math.max(1, Math.min(Math.floor(availableParallelism() / 2), Math.ceil(devices / DEVICES_PER_THREAD)));

/**
 * Looks at every device: brokers throw out the first of two of the same name, and all that publish to what is no topic.
 *
 * @throws SynthError `SYNTH_SCENARIO_INVALID`
 */
function requireIdentities(groups: readonly PreparedGroup[], seed: string): void {
  const seen = new Map<string, string>();
  for (const group of groups) {
    const templates = new GroupTemplates(group);
    for (let index = 0; index < group.count; index++) {
      const random = fleetDeviceStream(seed, group.name, index);
      const { id, will } = templates.identity(index, random);
      const key = `${group.target.name}\n${id}`;
      const device = `device ${index} of ${group.name}`;
      const other = seen.get(key);
      if (other !== undefined) {
        throw new SynthError('SYNTH_SCENARIO_INVALID', `${other} and ${device} are both called “${id}”`, {
          hint: 'Put {{index}} or {{group}} into the id, or give more rows of identities.',
        });
      }
      seen.set(key, device);
      if (group.target.protocol !== 'mqtt') continue;
      requireTopic(templates.topic.render(templates.context(index, id, random)), device);
      if (will !== undefined) requireTopic(will.topic, `the last will of ${device}`);
    }
  }
}

const MAX_TOPIC_BYTES = 65_535;

/** MQTT 3.1.1 and 5, section 4.7. */
function requireTopic(topic: string, whose: string): void {
  const shown = topic.length > 40 ? `${topic.slice(0, 40)}…` : topic;
  const problem =
    topic === ''
      ? 'is empty'
      : /[+#\0]/.test(topic)
        ? 'has +, # or a NUL in it, which topics to publish to cannot have'
        : Buffer.byteLength(topic) > MAX_TOPIC_BYTES
          ? 'is longer than 65,535 bytes'
          : undefined;
  if (problem === undefined) return;
  throw new SynthError('SYNTH_SCENARIO_INVALID', `the topic “${shown}” of ${whose} ${problem}`, {
    hint: 'Change topic, or what its template is filled in with.',
  });
}

interface PlanParts {
  readonly scenario: Scenario;
  readonly groups: readonly PreparedGroup[];
  readonly rates: readonly MessageRate[];
  readonly addresses: readonly string[];
  readonly timeline: Timeline;
  readonly threads: number;
  readonly files: SystemFiles;
}

function planOf({ scenario, groups, rates, addresses, timeline, threads, files }: PlanParts): FleetPlan {
  const { phases, limits } = scenario;
  const devices = devicesOf(groups);
  const phasePlans = phasesOf(phases, timeline, devices);
  const peakDevices = Math.max(...phasePlans.map((phase) => phase.devices));
  const groupPlans = groups.map((group, i): GroupPlan => {
    const { perSecond, meanPacketBytes } = rates[i]!;
    return {
      name: group.name,
      devices: group.count,
      target: group.target.url,
      address: addresses[i]!,
      model: group.model,
      messagesPerSecondPerDevice: perSecond,
      meanPacketBytes,
      messages: messagesOf(group, timeline, perSecond, limits.messagesPerDevice),
      spreadSeconds: group.spreadNs / 1e9,
    };
  });
  const share = peakDevices / devices;
  const sum = (of: (plan: GroupPlan) => number) => groupPlans.reduce((total, plan) => total + of(plan), 0);
  return {
    groups: groupPlans,
    phases: phasePlans,
    devices,
    peakDevices,
    seconds: timeline.totalNs / 1e9,
    messages: sum(({ messages }) => messages),
    messagesPerSecond: share * sum((plan) => plan.devices * plan.messagesPerSecondPerDevice),
    bytesPerSecond: share * sum((plan) => plan.devices * plan.messagesPerSecondPerDevice * plan.meanPacketBytes),
    threads,
    descriptors: { needed: peakDevices + RESERVED_DESCRIPTORS, allowed: maxOpenFiles(files) ?? null },
    ports: { needed: Math.round(share * maxAtOneTarget(groups, addresses)), available: portsToGive(files) ?? null },
  };
}

function phasesOf(phases: Scenario['phases'], timeline: Timeline, devices: number): PhasePlan[] {
  let fromNs = 0;
  let before = 0;
  return phases.flatMap(({ kind, durationNs }) => {
    const toNs = Math.min(fromNs + durationNs, timeline.totalNs);
    if (fromNs >= timeline.totalNs && durationNs > 0) return [];
    const up = Math.round(devices * timeline.wantedShare(Math.max(fromNs, toNs - 1)));
    const seconds = (toNs - fromNs) / 1e9;
    const connectsPerSecond = seconds === 0 ? Math.max(0, up - before) : Math.max(0, up - before) / seconds;
    const plan = { kind, fromSeconds: fromNs / 1e9, toSeconds: toNs / 1e9, devices: up, connectsPerSecond };
    fromNs = toNs;
    before = up;
    return [plan];
  });
}

/** Estimated by the time that a few devices, spread over the group, have to talk. */
function messagesOf({ count, spreadNs }: PreparedGroup, timeline: Timeline, perSecond: number, most: number): number {
  const probes = Math.min(count, 100);
  let messages = 0;
  for (let i = 0; i < probes; i++) {
    const spans = timeline.talkSpans(timeline.upSpans(placeOf(i, probes)));
    const ns = spans.reduce((sum, { startNs, endNs }) => sum + endNs - startNs, 0);
    messages += Math.min(most, (Math.max(0, ns - spreadNs / 2) / 1e9) * perSecond);
  }
  return Math.round((messages / probes) * count);
}

/** Connections to one address and port at most. */
function maxAtOneTarget(groups: readonly Group[], addresses: readonly string[]): number {
  const connections = new Map<string, number>();
  groups.forEach(({ target, count }, i) => {
    const key = `${target.protocol} ${addresses[i]} ${target.port}`;
    connections.set(key, (connections.get(key) ?? 0) + count);
  });
  return Math.max(...connections.values());
}

/** @throws SynthError `SYNTH_SYSTEM_LIMIT` */
function requireRoom({ descriptors, ports, peakDevices }: FleetPlan): void {
  if (descriptors.allowed !== null && descriptors.needed > descriptors.allowed) {
    throw new SynthError(
      'SYNTH_SYSTEM_LIMIT',
      `${formatCounted(peakDevices, 'device')} need ${formatCount(descriptors.needed)} open files; this process may have ${formatCount(descriptors.allowed)}`,
      { hint: `Raise the limit with: ulimit -n ${descriptors.needed}` },
    );
  }
  if (ports.available !== null && ports.needed > ports.available) {
    throw new SynthError(
      'SYNTH_SYSTEM_LIMIT',
      `${formatCount(ports.needed)} connections to one target need more ports than the ${formatCount(ports.available)} that this host gives out`,
      { hint: 'Raise: sysctl net.ipv4.ip_local_port_range, or let the target listen on several ports.' },
    );
  }
}
