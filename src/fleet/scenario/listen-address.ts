/** @module Where something of a run listens: `HOST:PORT`, `:PORT` for this host alone. */
import { SynthError } from '../../errors.js';

/** @throws SynthError `SYNTH_USAGE` */
export function parseListenAddress(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, portText = ''] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = portText === '' ? Number.NaN : Number(portText);
  if (!(port <= 65_535)) {
    throw new SynthError('SYNTH_USAGE', `“${text}” is not an address to listen on`, {
      hint: 'Write it like :9464, which is 127.0.0.1:9464, or 0.0.0.0:9464; port 0 is any free one.',
    });
  }
  return { host: bracketed ?? (plain || '127.0.0.1'), port };
}
