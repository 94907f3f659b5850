/**
 * @module
 * The busiest devices of a capture as bars.
 */
import { formatBytes, formatCount } from '../../cli/format.js';
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

/** Name and number of a device stand above its bar, so that addresses of any length fit. */
function barsPanel(devices: readonly DeviceEntry[], { title, outbound, inbound, format }: Quantity): Panel {
  const rows = devices.map((device, row) => {
    const sent = outbound(device);
    const both = sent + inbound(device);
    return { row, top: row + 0.52, bottom: row + 0.86, id: device.id, sent, both, text: format(both) };
  });
  const scaleY = { domain: [0, rows.length], reverse: true, nice: false };
  const y: Position = { field: 'top', type: 'quantitative', scale: scaleY, axis: null };
  const largest = Math.max(1, ...rows.map(({ both }) => both));
  const scale = { domain: [0, largest], nice: false };
  const bar = (from: 'zero' | 'sent', to: 'sent' | 'both', opacity: number): Layer => ({
    data: { values: rows.map((row) => ({ ...row, zero: 0 })) },
    mark: { type: 'rect', fill: 'var(--real)', fillOpacity: opacity, stroke: 'var(--real)', strokeWidth: 0.75 },
    encoding: {
      x: { field: from, type: 'quantitative', scale, axis: null },
      x2: { field: to },
      y,
      y2: { field: 'bottom' },
    },
  });
  const label = (field: 'id' | 'text', align: 'left' | 'right'): Layer => ({
    data: { values: rows },
    mark: {
      type: 'text',
      align,
      baseline: 'alphabetic',
      fontSize: 11.5,
      fill: field === 'id' ? 'var(--text)' : 'var(--muted)',
      x: align === 'left' ? 0 : 'width',
    },
    encoding: { y: { ...y, field: 'label' }, text: { field, type: 'nominal' } },
  });
  const labelled = rows.map((row) => ({ ...row, label: row.row + 0.42 }));
  const layers = [bar('zero', 'sent', 0.75), bar('sent', 'both', 0.2), label('id', 'left'), label('text', 'right')].map(
    (layer) => ({ ...layer, data: { values: labelled.map((row) => ({ ...row, zero: 0 })) } }),
  );
  const description = `${title} of the ${rows.length} busiest devices. ${rows
    .slice(0, 3)
    .map(({ id, text, sent }) => `${id}: ${text}, of which ${format(sent)} outbound`)
    .join('; ')}.`;
  return { kind: 'chart', title, description, specs: { narrow: chart(NARROW, rows.length * ROW + 10, layers) } };
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
