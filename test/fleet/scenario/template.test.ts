import { describe, expect, test } from 'vitest';
import { PayloadWriter } from '../../../src/fleet/device/payload.js';
import { compileTemplate, type TemplateContext } from '../../../src/fleet/scenario/template.js';
import { randomStream } from '../../../src/random.js';

const context = (seq = 7): TemplateContext => ({
  id: 'hub-3',
  index: 3,
  group: 'hub',
  seq,
  nowMs: 1_700_000_000_123,
  random: randomStream('seed', 'message'),
  columns: { site: 'north' },
});
const render = (text: string) => compileTemplate(text, ['site']).render(context());
const written = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('a template', () => {
  test('is filled in for a message', () => {
    expect(render('{{group}}/{{id}}/{{ index }}:{{seq}}@{{site}}')).toBe('hub/hub-3/3:7@north');
    expect(render('{{now}} {{iso}}')).toBe('1700000000123 2023-11-14T22:13:20.123Z');
    expect(render('plain')).toBe('plain');
    expect(render('')).toBe('');
    expect(render('{"a":{"b":1}}')).toBe('{"a":{"b":1}}');
    expect(render('\\{{id}}')).toBe('{{id}}');
  });

  test('draws the same for the same message', () => {
    expect(render('{{random}}')).toBe(String(randomStream('seed', 'message').next()));
    expect(render('{{uuid}}')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(render('{{uuid}}')).toBe(render('{{uuid}}'));
  });

  test('draws whole numbers from all of a range', () => {
    const template = compileTemplate('{{random_int -1 1}}');
    const random = randomStream('seed', 'many');
    const drawn = new Set(Array.from({ length: 200 }, () => template.render({ ...context(), random })));
    expect([...drawn].sort()).toEqual(['-1', '0', '1']);
  });

  test.each([
    ['{{idd}}', 'there is no variable “idd”', 'Did you mean {{id}}?'],
    ['{{sitee}}', 'there is no variable “sitee”', 'Did you mean {{site}}?'],
    ['{{constructor}}', 'there is no variable “constructor”', undefined],
    ['{{random_int 5 1}}', 'does not say between which numbers', undefined],
    ['{{seq', 'has {{ without }}', undefined],
  ])('%s is refused', (text, message, hint) => {
    expect(() => compileTemplate(text, ['site'])).toThrow(message);
    if (hint !== undefined) expect(() => compileTemplate(text, ['site'])).toThrow(expect.objectContaining({ hint }));
  });
});

describe('a payload', () => {
  test('is a text that spaces make as long as the model wants', () => {
    const writer = new PayloadWriter({ kind: 'template', text: '{"seq":{{seq}}}', cut: false });
    expect(written(writer.write(14, context()))).toBe('{"seq":7}     ');
    expect(JSON.parse(written(writer.write(14, context())))).toEqual({ seq: 7 });
    expect(written(writer.write(3, context()))).toBe('{"seq":7}');
    expect(writer.write(0, context()).length).toBe(9);
  });

  test('is cut where that is wished', () => {
    const writer = new PayloadWriter({ kind: 'template', text: 'äbc{{seq}}', cut: true });
    expect([...writer.write(3, context())]).toEqual([0xc3, 0xa4, 0x62]);
  });

  test('is the lines of a file, in turn', () => {
    const writer = new PayloadWriter({ kind: 'lines', lines: ['a', 'b {{seq}}'] });
    expect([0, 1, 2, 3].map((seq) => written(writer.write(50, context(seq))))).toEqual(['a', 'b 1', 'a', 'b 3']);
  });

  test('is letters where nothing is said, however long', () => {
    const writer = new PayloadWriter({ kind: 'pattern' });
    expect(written(writer.write(30, context()))).toBe('abcdefghijklmnopqrstuvwxyzabcd');
    expect(writer.write(65_535, context()).length).toBe(65_535);
    expect(writer.write(0, context()).length).toBe(0);
  });
});
