/**
 * @module
 * Receiving: what arrives, from whom, when.
 */
import type { Framing } from '../host/transport-spec.js';
import { parseListen } from '../sink/listen-address.js';
import { runSink } from '../sink/sink.js';
import type { SinkReport } from '../sink/sink-report.js';
import { type OutputFormat, outputFormatOf } from '../synthesis/generate.js';
import { type Duration, durationNsOf, pathsOf, requireWhole } from './inputs.js';

export interface SinkOptions {
  /** `udp://host:port`, `tcp://…` or `unix:///path`; one or several. Port 0 is one that is free, see `onListening`. */
  readonly listen: string | readonly string[];
  /** Limits: a time, a number of packets, a time without packets. The first one that is reached ends the sink; so does the signal. */
  readonly duration?: Duration | undefined;
  readonly packets?: number | undefined;
  readonly idle?: Duration | undefined;
  readonly signal?: AbortSignal | undefined;
  /** File for what arrives: .csv, .ndjson, .pcap or .pcapng. */
  readonly out?: string | undefined;
  readonly format?: OutputFormat | undefined;
  /** Writes over a file that exists. Default: false. */
  readonly force?: boolean | undefined;
  /** Payloads begin with sequence and time, as `emit` with `stamp` sends them. Default: false. */
  readonly stamp?: boolean | undefined;
  /** Of streams. Default: `length`. */
  readonly framing?: Framing | undefined;
  /** Called with each address as soon as it listens. */
  readonly onListening?: ((url: string) => void) | undefined;
  /** Called every second with the packets and bytes so far. */
  readonly onProgress?: ((packets: number, bytes: number, seconds: number) => void) | undefined;
}

/**
 * Receives until a limit is reached or the signal is aborted.
 *
 * @throws SynthError `SYNTH_SYSTEM_LIMIT` for an address that cannot be listened on, `SYNTH_NOTHING_RECEIVED`, `SYNTH_OUTPUT_EXISTS`, `SYNTH_USAGE`
 * @example
 * const report = await sink({ listen: 'udp://127.0.0.1:8000', idle: '2s' });
 */
export function sink(options: SinkOptions): Promise<SinkReport> {
  const { out, force = false, stamp = false, framing = 'length', signal, onListening, onProgress } = options;
  requireWhole('packets', options.packets, 1);
  return runSink({
    listen: parseListen(pathsOf(options.listen, 'address')),
    ...{ framing, stamp, signal, onListening, onProgress },
    identity: undefined,
    output:
      out === undefined
        ? undefined
        : { path: out, format: options.format ?? outputFormatOf(out), force, perSource: false, inputs: [] },
    dialogue: undefined,
    limit: {
      durationNs: durationNsOf(options.duration),
      packets: options.packets ?? Number.POSITIVE_INFINITY,
      idleNs: durationNsOf(options.idle),
    },
  });
}
