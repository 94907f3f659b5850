/**
 * @module
 * Server-sent events to any number of readers. Who reads too slowly is dropped, and comes again by himself.
 */
import type { ServerResponse } from 'node:http';

/** A comment keeps proxies, and whoever else sits between, from ending a quiet connection. */
const BEAT_MS = 15_000;
/** What may wait for one reader, above the greeting: some hundred events. */
const MAX_WAITING_BYTES = 1 << 20;
const MAX_READERS = 50;
/** When a browser tries again after a loss. */
const RETRY_MS = 2000;

export type StreamEvent = readonly [name: string, data: unknown];

export class EventStream {
  readonly #readers = new Set<ServerResponse>();
  readonly #beat: NodeJS.Timeout;

  /** @param beatMs for tests */
  constructor(beatMs = BEAT_MS) {
    this.#beat = setInterval(() => this.#write(': still here\n\n'), beatMs);
    this.#beat.unref();
  }

  get hasReaders(): boolean {
    return this.#readers.size > 0;
  }

  /** Answers with events until one of both ends it. @param greeting what the reader has to know first */
  open(response: ServerResponse, greeting: readonly StreamEvent[]): void {
    if (this.#readers.size >= MAX_READERS) {
      response.writeHead(503, { 'Content-Type': 'text/plain' }).end('too many readers\n');
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    response.write(`retry: ${RETRY_MS}\n\n${greeting.map(textOf).join('')}`);
    this.#readers.add(response);
    response.once('close', () => this.#readers.delete(response));
  }

  send(...event: StreamEvent): void {
    if (this.hasReaders) this.#write(textOf(event));
  }

  close(): void {
    clearInterval(this.#beat);
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  #write(text: string): void {
    for (const reader of this.#readers) {
      reader.write(text);
      if (reader.writableLength > MAX_WAITING_BYTES) {
        this.#readers.delete(reader);
        reader.destroy();
      }
    }
  }
}

/** JSON has no line feeds outside of texts, where they are escaped: one line of data is enough. */
const textOf = ([name, data]: StreamEvent): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
