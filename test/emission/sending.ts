/** Messages for transports, what is sent of them, and what arrives. */
import { expect, vi } from 'vitest';
import { BATCH_PACKETS, Batch } from '../../src/emission/batch.js';
import { SEND, type Transport } from '../../src/emission/transport.js';
import { createTransport } from '../../src/emission/transports/create-transport.js';
import type { TransportSpec } from '../../src/host/transport-spec.js';
import { randomStream } from '../../src/random.js';
import { u16 } from '../support/frames.js';
import type { Receiver } from '../support/receivers.js';
import { turns } from '../support/turns.js';

export const CHANNELS = 4;
/** Of payloads; all kinds add their headers, if they have any. */
export const SIZES = [8, 9, 16, 17, 63, 64, 100, 333, 576, 1000, 1399, 1400];

const random = randomStream('1', 'test');

export const open = (spec: TransportSpec): Promise<Transport> => createTransport(spec, random);

export interface Message {
  readonly channel: number;
  readonly bytes: Uint8Array;
}

/** Channel, number and bytes that follow from nothing else. */
export function payload(channel: number, number: number, size: number): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, i) => i * 37 + 11);
  bytes.set([channel, ...u16(number), channel ^ number]);
  return bytes;
}

export const payloads = (count: number, sizes = SIZES): Message[] =>
  Array.from({ length: count }, (_, i) => {
    const channel = (i * 7) % CHANNELS;
    return { channel, bytes: payload(channel, i, sizes[i % sizes.length]!) };
  });

/** Puts messages into memory that is used for all batches, and sends them. @returns the names of what failed */
export async function sendAll(
  transport: Transport,
  messages: readonly Message[],
  batch = new Batch(),
): Promise<string[]> {
  const failures: string[] = [];
  const longest = messages.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);
  batch.bytes = new Uint8Array(new SharedArrayBuffer(BATCH_PACKETS * longest));
  for (let i = 0; i < messages.length; i += BATCH_PACKETS) {
    fill(batch, messages.slice(i, i + BATCH_PACKETS));
    while (batch.remaining > 0) {
      const taken = transport.send(batch);
      if (taken === SEND.failed) failures.push(transport.failure);
      if (taken === SEND.blocked) await transport.waitForRoom(batch);
      else batch.first += Math.abs(taken);
    }
    // As the ring does, which writes the next packets here.
    batch.bytes.fill(0xee);
    // Also for a receiver in this process, which takes 32 datagrams a turn.
    await turns(4);
  }
  return failures;
}

export function fill(batch: Batch, messages: readonly Message[]): void {
  batch.first = 0;
  batch.count = messages.length;
  let at = 0;
  for (const [i, { channel, bytes }] of messages.entries()) {
    batch.bytes.set(bytes, at);
    batch.at[i] = at;
    batch.length[i] = bytes.length;
    batch.channel[i] = channel;
    at += bytes.length;
  }
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What each channel has sent, in its order, whatever the order of the channels. */
export const byChannel = (channels: readonly (readonly Uint8Array[])[]): string[] =>
  channels.map((messages) => messages.map(hex).join('\n')).sort();

export const sentByChannel = (messages: readonly Message[], seen: (bytes: Uint8Array) => Uint8Array): string[] =>
  byChannel(
    Array.from({ length: CHANNELS }, (_, channel) =>
      messages.filter((message) => message.channel === channel).map(({ bytes }) => seen(bytes)),
    ),
  );

export const identity = (bytes: Uint8Array): Uint8Array => bytes;

/** However slow the machine is. */
export const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 120_000, interval: 5 });

/** All messages have come, in order for each channel, byte for byte. @param seen what arrives of a message */
export async function expectArrived(
  receiver: Pick<Receiver, 'arrived'>,
  messages: readonly Message[],
  seen = identity,
): Promise<void> {
  await eventually(() => expect(receiver.arrived().flat().length).toBe(messages.length));
  expect(byChannel(receiver.arrived())).toEqual(sentByChannel(messages, seen));
}
