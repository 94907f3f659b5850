/**
 * @module
 * A survey as `synth inspect` shows it: tables for people, an object for programs.
 */

import { formatBytes, formatCount, formatSeconds, formatTraffic, TRAFFIC_COLUMNS } from '../../format.js';
import type { DeviceEntry, Survey, SurveyEntry, Traffic } from '../../series/survey.js';
import type { Target } from '../../series/target.js';
import { formatTable } from '../table.js';

const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** @param limit entries of each table at most; 0 for all */
export function printSurvey(survey: Survey, limit: number, print: (line: string) => void): void {
  const { report } = survey;
  for (const { path, format, compression, packets, bytes } of report.files) {
    const kind = compression ? `${format}, ${compression}` : format;
    print(`${path}: ${kind}, ${formatCount(packets)} packets, ${formatBytes(bytes)} on the wire`);
  }
  if (report.ipPackets > 0) {
    const protocols = survey.protocols.map(({ protocol, packets }) => `${protocol} ${formatCount(packets)}`).join(', ');
    print(`${isoTime(survey.firstSeconds)}, ${formatSeconds(survey.spanSeconds)} long`);
    print(`${formatCount(report.ipPackets)} IP packets, ${formatBytes(survey.ipBytes)}: ${protocols}`);
  }
  const skipped = report.packets - report.ipPackets;
  if (skipped > 0) {
    const reasons = report.skipped.map(({ reason, packets }) => `${formatCount(packets)} ${reason}`).join(', ');
    print(`${formatCount(skipped)} frames skipped: ${reasons}`);
  }
  printEntries('Devices', survey.devices, limit, print);
  printEntries('Flows', survey.flows, limit, print);
  const { devicePackets, flowPackets } = survey.overflow;
  if (devicePackets + flowPackets > 0) {
    print(
      `\nToo many to tell apart: ${formatCount(flowPackets)} packets of further flows, ${formatCount(devicePackets)} of further devices`,
    );
  }
}

function printEntries(
  title: string,
  entries: readonly SurveyEntry<Target>[],
  limit: number,
  print: (line: string) => void,
): void {
  if (entries.length === 0) return;
  const shown = limit === 0 ? entries : entries.slice(0, limit);
  const rows = shown.map((entry) => [entry.id, ...formatTraffic(entry)]);
  print('');
  print(formatTable([title, ...TRAFFIC_COLUMNS], rows, [1, 2, 3, 4, 5, 6]));
  if (shown.length < entries.length)
    print(`… and ${formatCount(entries.length - shown.length)} more (--limit 0 shows all)`);
}

function trafficJson({ share, ...traffic }: Traffic) {
  return {
    packets: traffic.packets,
    bytes: traffic.bytes,
    outboundPackets: traffic.outboundPackets,
    inboundPackets: traffic.inboundPackets,
    outboundBytes: traffic.outboundBytes,
    inboundBytes: traffic.inboundBytes,
    firstSeconds: traffic.firstSeconds,
    spanSeconds: traffic.spanSeconds,
    share,
  };
}

/** @param limit entries of each list at most; 0 for all */
export function surveyJson(survey: Survey, limit: number) {
  const { report } = survey;
  const take = <T>(entries: readonly T[]) => (limit === 0 ? entries : entries.slice(0, limit));
  return {
    packets: report.packets,
    bytes: report.bytes,
    ipPackets: report.ipPackets,
    ipBytes: survey.ipBytes,
    firstSeconds: survey.firstSeconds,
    spanSeconds: survey.spanSeconds,
    files: report.files,
    protocols: survey.protocols,
    skipped: report.skipped,
    warnings: report.warnings,
    deviceCount: survey.devices.length,
    flowCount: survey.flows.length,
    devices: take(survey.devices).map((device: DeviceEntry) => ({
      id: device.id,
      family: device.target.address.family,
      flowsOpened: device.flowsOpened,
      ...trafficJson(device),
    })),
    flows: take(survey.flows).map((flow) => ({ id: flow.id, ...trafficJson(flow) })),
    overflow: survey.overflow,
  };
}
