/**
 * @module
 * The scenario file as it is written: its keys, what they take, and what they mean. The JSON Schema for editors is made of it.
 */
import { z } from 'zod';
import { SynthError } from '../../errors.js';
import { parseDuration, parseFactor, parseRate } from '../../units.js';

/** A text with a meaning of its own: what its parser says of it becomes the issue. */
const parsed = <T>(parse: (text: string) => T) =>
  z.union([z.string(), z.number()]).transform((value, context): T => {
    try {
      return parse(String(value));
    } catch (error) {
      if (!(error instanceof SynthError)) throw error;
      context.addIssue({ code: 'custom', message: withHint(error) });
      return z.NEVER;
    }
  });

export const withHint = ({ message, hint }: SynthError): string =>
  hint === undefined ? message : `${message}. ${hint}`;

/** 0 has no need of a unit. */
const parseTime = (text: string): number => (/^0(?:ns|us|µs|ms|s|m|h|d)?$/.test(text) ? 0 : parseDuration(text));
const duration = () => parsed(parseTime).meta({ description: 'A duration such as 500ms, 10s, 2m or 1h30m.' });
const rate = () => parsed(parseRate).meta({ description: 'A rate per second such as 50/s or 1k/s.' });
const factor = () => parsed(parseFactor).meta({ description: 'A factor such as 2 or 0.5x.' });
const share = () => parsed(parsePercent).meta({ description: 'A share such as 50% or 0.5.' });

function parsePercent(text: string): number {
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1];
  const value = percent === undefined ? (/^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN) : Number(percent) / 100;
  if (value >= 0 && value <= 1) return value;
  throw new SynthError('SYNTH_USAGE', `“${text}” is not a share`, { hint: 'Write it like 50% or 0.5.' });
}

/** A share, or a number of devices. */
const level = () =>
  z
    .union([z.int().min(0), z.string()])
    .transform((value, context): { readonly devices: number } | { readonly share: number } => {
      if (typeof value === 'number') return { devices: value };
      try {
        return { share: parsePercent(value) };
      } catch (error) {
        if (!(error instanceof SynthError)) throw error;
        context.addIssue({
          code: 'custom',
          message: `“${value}” is neither a share nor a number of devices. Write it like 50% or 200.`,
        });
        return z.NEVER;
      }
    })
    .meta({ description: 'A share of all devices such as 50%, or a number of them such as 200.' });

const text = (description: string) => z.string().meta({ description });
const template = (description: string) =>
  text(`${description} Template: {{id}}, {{index}}, {{group}}, columns of identities.`);
const qos = () => z.union([z.literal(0), z.literal(1), z.literal(2)]);

const backOff = z.strictObject({
  first: duration().optional().describe('Limit of the first pause. Default: 500ms.'),
  most: duration().optional().describe('No pause is longer. Default: 30s.'),
});

const longTarget = z.strictObject({
  url: text(
    'Where it is: mqtt://, mqtts://, mqtt+ws://, mqtt+wss://, http://, https://, coap://, ws://, wss://, udp://, tcp:// or tls://HOST:PORT.',
  ),
  client: z
    .enum(['lean', 'full'])
    .optional()
    .describe('MQTT: lean (default) for thousands of devices, or full, the package mqtt.'),
  mqtt_version: z
    .union([z.literal('3.1.1'), z.literal('5'), z.literal(5)])
    .optional()
    .describe('Default: 3.1.1.'),
  keep_alive: duration().optional().describe('MQTT: longest silence before a ping. Default: 60s.'),
  clean_session: z.boolean().optional().describe('MQTT: whether each connection begins a new session. Default: true.'),
  inflight: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('MQTT, HTTP, CoAP: messages of a device that may wait for their answer. Default: 20, 1, 1.'),
  method: text('HTTP (default POST) or CoAP (default POST).').optional(),
  headers: z.record(z.string(), z.string()).optional().describe('HTTP, WebSocket: headers of each request.'),
  confirmable: z.boolean().optional().describe('CoAP: whether messages are confirmable (CON). Default: true.'),
  subprotocol: text('WebSocket: subprotocol to ask for.').optional(),
  binary: z.boolean().optional().describe('WebSocket: binary messages instead of text. Default: true.'),
  framing: z
    .enum(['length', 'none'])
    .optional()
    .describe('TCP, TLS: each message begins with its length, four bytes (default), or not.'),
  connect_timeout: duration().optional().describe('Default: 10s.'),
  ack_timeout: duration().optional().describe('How long an acknowledgement or an answer may take. Default: 30s.'),
  back_off: backOff.optional().describe('Pauses before connecting again: random, doubled each time.'),
  ca: text('TLS: file of the certificate authorities to trust, PEM.').optional(),
  cert: text('TLS: file of a client certificate for all devices, PEM.').optional(),
  key: text('TLS: file of its private key, PEM.').optional(),
  server_name: text('TLS: name that the certificate has to have. Default: the host.').optional(),
  verify: z.boolean().optional().describe('TLS: whether the certificate is checked. Default: true.'),
});

const payload = z.union([
  template(
    'Text, padded with spaces to the modelled size; {{seq}}, {{now}}, {{iso}}, {{random}}, {{random_int 1 100}}, {{uuid}}.',
  ),
  z.strictObject({
    text: template('The text.'),
    cut: z.boolean().optional().describe('Cut a text that is longer than the modelled size. Default: send it whole.'),
  }),
  z.strictObject({
    file: text('File with a message on each line, sent in turn as they are, whatever the modelled size.'),
  }),
]);

const group = z.strictObject({
  name: text('Name, for reports and thresholds.'),
  model: text('Model file, beside the scenario.'),
  count: z.int().min(1).max(1_000_000).optional().describe('How many devices. Or weight.'),
  weight: z.number().positive().optional().describe('Part of what “devices” leaves to the groups with a weight.'),
  target: text('Name of the target. Default: the only one.').optional(),
  id: template(
    'What a device calls itself: client identifier of MQTT. Default: {{group}}-{{index}}, or the column id.',
  ).optional(),
  topic: template('MQTT: topic. Default: synth/{{id}}. {{seq}} too.').optional(),
  path: template(
    'HTTP, CoAP, WebSocket: path. Default: that of the URL. {{seq}} too, except for WebSocket.',
  ).optional(),
  subscribe: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe('MQTT: topics to subscribe to. Templates.'),
  payload: payload.optional().describe('What messages carry. Default: letters.'),
  qos: qos().optional().describe('MQTT: quality of service. Default: 0.'),
  retain: z.boolean().optional().describe('MQTT. Default: false.'),
  will: z
    .strictObject({
      topic: template('Topic.'),
      payload: template('Message.').optional(),
      qos: qos().optional(),
      retain: z.boolean().optional(),
    })
    .optional()
    .describe('MQTT: what the broker publishes when the connection is lost.'),
  username: template('User. Default: the column username.').optional(),
  password: template('Password. Default: the column password.').optional(),
  cert: template('TLS: file of the client certificate of a device, PEM.').optional(),
  key: template('TLS: file of its private key, PEM.').optional(),
  identities: text(
    'CSV file with a row for each device; its first line names columns, which templates know.',
  ).optional(),
  speed: factor().optional().describe('Divides all times of the model: 2 is twice as fast. Default: 1.'),
  silence: z
    .strictObject({
      from: duration().optional().describe('Gaps from here on are silence. Default: 1s.'),
      scale: factor().optional().describe('They are multiplied by this. Default: 1.'),
      most: duration().optional().describe('And then no longer than this. Default: no limit.'),
    })
    .optional()
    .describe('What is done to the long gaps between messages; bursts stay as they are.'),
  spread: duration()
    .optional()
    .describe('Each device begins to talk at random within this time. Default: the mean time between its messages.'),
  offline: z
    .enum(['queue', 'drop'])
    .optional()
    .describe('Messages that are due without a connection are kept (default) or dropped.'),
  queue: z.int().min(0).max(1_000_000).optional().describe('Messages that a device keeps at most. Default: 100.'),
});

const phase = z.strictObject({
  ramp: duration()
    .optional()
    .describe('In this time devices come up: to all, “to” some, or at a “rate”. 0s is at once.'),
  to: level().optional(),
  rate: rate().optional().describe('Devices that come up in a second.'),
  hold: duration().optional().describe('They stay so.'),
  pause: duration().optional().describe('They stay connected, and say nothing.'),
  ramp_down: duration().optional().describe('In this time devices go: all, or “to” some that stay.'),
});

const storm = z.strictObject({
  at: duration().describe('Since the beginning of the run.'),
  every: duration().optional().describe('Again and again at this interval.'),
  share: share().optional().describe('Devices that lose their connection. Default: 100%.'),
  over: duration().optional().describe('Within this time. Default: at once.'),
  away: duration().optional().describe('How long each stays away. Default: 0s.'),
  graceful: z.boolean().optional().describe('Ended as the protocol has it, instead of cut. Default: false.'),
});

const threshold = z.union([
  text('Such as latency.p99 < 200ms, errors.rate < 0.1%, hub: sent.rate > 50/s, fidelity > 90.'),
  z.strictObject({
    check: text('Such as latency.p99 < 200ms.'),
    group: text('Of this group only.').optional(),
    abort_on_fail: z.boolean().optional().describe('End the run as soon as it fails. Default: false.'),
    grace: duration().optional().describe('But not before this time of the run. Default: 0s.'),
  }),
]);

export const scenarioSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name: text('Default: the name of the file.').optional(),
    description: text('For whoever reads the file.').optional(),
    seed: z
      .union([z.string(), z.number()])
      .optional()
      .describe('Seed of everything random. Default: a fresh one for each run.'),
    devices: z.int().min(1).max(1_000_000).optional().describe('How many in all, where groups have weights.'),
    targets: z.record(z.string(), z.union([text('URL'), longTarget])).describe('Where devices connect to, by name.'),
    groups: z.array(group).min(1).describe('Devices that are alike.'),
    phases: z.array(phase).min(1).describe('How many devices are up, and for how long.'),
    churn: z.array(storm).optional().describe('Connections that are lost and made again.'),
    limits: z
      .strictObject({
        connects_per_second: rate().optional().describe('Of all devices together.'),
        messages_per_device: z.int().min(1).optional(),
        duration: duration().optional().describe('Ends the run, whatever the phases say.'),
      })
      .optional(),
    thresholds: z.array(threshold).optional().describe('What the run must reach; exit code 99 if it does not.'),
    outputs: z
      .strictObject({
        report: text('HTML report.').optional(),
        summary: text('JSON with the result of the run.').optional(),
        record: text('NDJSON, a line for each message of some devices.').optional(),
        record_devices: z.int().min(1).optional().describe('Of each group. Default: 10.'),
        metrics: text('Where Prometheus may ask, such as :9464.').optional(),
        otlp: text('URL of an OpenTelemetry collector.').optional(),
        dashboard: text('Where the live page is, such as :8080.').optional(),
      })
      .optional()
      .describe('Files are beside the scenario.'),
  })
  .meta({ title: 'Scenario of synth fleet' });

export type ScenarioFile = z.infer<typeof scenarioSchema>;

/** What editors complete and check by (draft 2020-12). */
export const scenarioJsonSchema = (): Readonly<Record<string, unknown>> =>
  z.toJSONSchema(scenarioSchema, { io: 'input' });
