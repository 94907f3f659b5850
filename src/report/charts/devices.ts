/**
 * @module
 * The busiest devices of a capture as bars.
 */
import { formatBytes, formatCount } from '../../format.js';
import type { DeviceEntry } from '../../series/survey.js';
import { chart, type Figure, type Layer, NARROW, type Panel, type Position } from './chart.js';

const ROW = 34;
const MOST = 12;

interface Quantity {
  readonly title: string;
  readonly outbound: (device: DeviceEntry) => number;
  readonly inbound: (device: DeviceEntry) => number;
  readonly format: (value: number) => string;
}

const QUANTITIES: readonly Quantity[] = [
  {
    title: 'Packets',
    outbound: (device) => device.outboundPackets,
    inbound: (device) => device.inboundPackets,
    format: formatCount,
  },
  {
    title: 'Bytes',
    outbound: (device) => device.outboundBytes,
    inbound: (device) => device.inboundBytes,
    format: formatBytes,
  },
];

/** A device in a chart of bars: its bar lies between `top` and `bottom`, its name and number stand on `line` above that. */
interface BarRow {
  readonly id: string;
  readonly text: string;
  readonly zero: 0;
  readonly sent: number;
  readonly both: number;
  readonly line: number;
  readonly top: number;
  readonly bottom: number;
}

/** Names stand above the bars, so that addresses of any length fit. */
function barsPanel(devices: readonly DeviceEntry[], { title, outbound, inbound, format }: Quantity): Panel {
  const rows = devices.map((device, row): BarRow => {
    const sent = outbound(device);
    const both = sent + inbound(device);
    const place = { line: row + 0.42, top: row + 0.52, bottom: row + 0.86 };
    return { id: device.id, text: format(both), zero: 0, sent, both, ...place };
  });
  const description = `${title} of ${rows.length} devices. ${rows
    .slice(0, 3)
    .map(({ id, text, sent }) => `${id}: ${text}, of which ${format(sent)} outbound`)
    .join('; ')}.`;
  const specs = { narrow: chart(NARROW, rows.length * ROW + 10, barLayers(rows)) };
  return { kind: 'chart', title, description, specs };
}

function barLayers(rows: readonly BarRow[]): readonly Layer[] {
  const data = { values: [...rows] };
  const scaleY = { domain: [0, rows.length], reverse: true, nice: false };
  const y = (field: keyof BarRow): Position => ({ field, type: 'quantitative', scale: scaleY, axis: null });
  const scale = { domain: [0, Math.max(1, ...rows.map(({ both }) => both))], nice: false };
  const bar = (from: keyof BarRow, to: keyof BarRow, fillOpacity: number): Layer => ({
    data,
    mark: { type: 'rect', fill: 'var(--real)', fillOpacity, stroke: 'var(--real)', strokeWidth: 0.75 },
    encoding: {
      x: { field: from, type: 'quantitative', scale, axis: null },
      x2: { field: to },
      y: y('top'),
      y2: { field: 'bottom' },
    },
  });
  const label = (field: keyof BarRow, align: 'left' | 'right', fill: string): Layer => ({
    data,
    mark: { type: 'text', align, baseline: 'alphabetic', fontSize: 11.5, fill, x: align === 'left' ? 0 : 'width' },
    encoding: { y: y('line'), text: { field, type: 'nominal' } },
  });
  return [
    bar('zero', 'sent', 0.75),
    bar('sent', 'both', 0.2),
    label('id', 'left', 'var(--text)'),
    label('text', 'right', 'var(--muted)'),
  ];
}

export function devicesFigure(devices: readonly DeviceEntry[]): Figure {
  const shown = devices.slice(0, MOST);
  return {
    title: 'Traffic by device',
    caption:
      'What a device sent (filled) and what was sent to it (pale). A packet counts for the device that sent it and for the one it went to, ' +
      'under the address of the link and that of IP.',
    panels: QUANTITIES.map((quantity) => barsPanel(shown, quantity)),
    legend: [],
  };
}
