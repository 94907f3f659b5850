import { expect, test } from 'vitest';
import { readStamp, STAMP_BYTES, writeStamp } from '../../src/emission/stamp.js';
import { framedBytes, frameMessage, LENGTH_BYTES, MAX_MESSAGE_BYTES, MessageDecoder } from '../../src/host/framing.js';
import fc from '../support/fast-check.js';
import { filler, join, u32 } from '../support/frames.js';
import { expectSynthError } from '../support/read.js';

function framed(message: Uint8Array): Uint8Array {
  const output = new Uint8Array(framedBytes('length', message.length));
  frameMessage('length', message, 0, message.length, output);
  return output;
}

function decoder(): { readonly decoder: MessageDecoder; readonly payloads: Uint8Array[] } {
  const payloads: Uint8Array[] = [];
  return {
    payloads,
    decoder: new MessageDecoder((bytes, at, length) => payloads.push(bytes.slice(at, at + length))),
  };
}

test('a message takes as many bytes in the stream as it was modelled with', () => {
  for (const length of [4, 5, 16, 100, 1460, 65_535]) expect(framed(new Uint8Array(length)).length).toBe(length);
});

test('a message that is shorter than its length takes just that', () => {
  for (const length of [0, 1, 3]) expect([...framed(new Uint8Array(length))]).toEqual([0, 0, 0, 0]);
});

test('the length counts the bytes that follow it, and they are the beginning of the message', () => {
  const message = Uint8Array.from(filler(300));
  expect([...framed(message)]).toEqual([...u32(296), ...filler(296)]);
});

test('only the bytes of the message are read, wherever they lie', () => {
  const memory = join(filler(50), filler(20), filler(50));
  const output = new Uint8Array(20);
  frameMessage('length', memory, 50, 20, output);
  expect([...output]).toEqual([...u32(16), ...filler(16)]);
});

test('a stamp survives the length', () => {
  const message = new Uint8Array(STAMP_BYTES + LENGTH_BYTES);
  writeStamp(message, 0, 7, 8, 9_000_000_000n, 5);
  const { decoder: decode, payloads } = decoder();
  decode.push(framed(message));
  expect(readStamp(payloads[0]!, 0, payloads[0]!.length)).toEqual({
    device: 7,
    sequence: 8,
    plannedNs: 9_000_000_005n,
  });
});

test('without framing the stream is the bytes of the messages', () => {
  const output = new Uint8Array(framedBytes('none', 10));
  frameMessage('none', Uint8Array.from(filler(12)), 1, 10, output);
  expect([...output]).toEqual(filler(11).slice(1));
  expect(framedBytes('none', 0)).toBe(0);
});

test('messages come out as they went in, whatever the borders of the chunks', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
  const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(messages, cuts, (sent, lengths) => {
      const stream = join(...sent.map(framed));
      const { decoder: decode, payloads } = decoder();
      for (let at = 0, i = 0; at < stream.length; i++) {
        const end = at + lengths[i % lengths.length]!;
        decode.push(stream.subarray(at, end));
        at = end;
      }
      const expected = sent.map((message) => message.slice(0, Math.max(0, message.length - LENGTH_BYTES)));
      expect(payloads.map((payload) => [...payload])).toEqual(expected.map((payload) => [...payload]));
      expect(decode.pendingBytes).toBe(0);
    }),
  );
});

test('messages come out of chunks of one byte, the longest too', () => {
  const sent = [Uint8Array.from(filler(20)), new Uint8Array(0), Uint8Array.from(filler(70_000))];
  const { decoder: decode, payloads } = decoder();
  for (const byte of join(...sent.map(framed))) decode.push(Uint8Array.of(byte));
  expect(payloads.map(({ length }) => length)).toEqual([16, 0, 69_996]);
  expect(payloads[2]).toEqual(sent[2]!.subarray(0, 69_996));
});

test('a stream that ends within a message says how much of it there is', () => {
  const { decoder: decode, payloads } = decoder();
  decode.push(framed(new Uint8Array(100)).subarray(0, 60));
  expect(decode.pendingBytes).toBe(60);
  expect(payloads).toEqual([]);
});

test('the longest message is taken', () => {
  const { decoder: decode, payloads } = decoder();
  decode.push(framed(new Uint8Array(MAX_MESSAGE_BYTES + LENGTH_BYTES)));
  expect(payloads[0]!.length).toBe(MAX_MESSAGE_BYTES);
});

test('a length that cannot be one is an error with a hint, in one chunk or in pieces, and stays one', async () => {
  const nonsense = new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n');
  const { decoder: decode, payloads } = decoder();
  const error = await expectSynthError(
    () => decode.push(join(framed(new Uint8Array(10)), nonsense)),
    'SYNTH_DELIVERY_FAILED',
  );
  expect(error.hint).toContain('another protocol');
  expect(payloads.length).toBe(1);
  await expectSynthError(() => decode.push(framed(new Uint8Array(10))), 'SYNTH_DELIVERY_FAILED');
  const { decoder: slow } = decoder();
  slow.push(nonsense.subarray(0, 2));
  await expectSynthError(() => slow.push(nonsense.subarray(2)), 'SYNTH_DELIVERY_FAILED');
});
