import { describe, expect, test } from 'vitest';
import { isGzipName, numberedName, uncompressedName } from '../../src/output/output-name.js';
import { expectSynthError } from '../support/read.js';

describe('the number of a file in a series', () => {
  // The digits and their place are those of `editcap -c 1 in.pcap out.pcap`, without the time that it adds.
  test.each([
    ['out.pcap', 1, 'out_00001.pcap'],
    ['out.pcap.gz', 12, 'out_00012.pcap.gz'],
    ['folder.d/a.b.pcapng', 99_999, 'folder.d/a.b_99999.pcapng'],
    ['./out.CSV.GZ', 3, './out_00003.CSV.GZ'],
    ['out', 1, 'out_00001'],
    ['out.gz', 1, 'out_00001.gz'],
    ['folder.d/out', 2, 'folder.d/out_00002'],
    ['.hidden', 1, '.hidden_00001'],
    ['folder/', 1, 'folder/_00001'],
    ['out.pcap', 100_000, 'out_100000.pcap'],
  ])('of %s, %i, gives %s', (path, number, expected) => {
    expect(numberedName(path, number)).toBe(expected);
  });
});

test.each([
  ['out.pcap', false, 'out.pcap'],
  ['out.pcap.gz', true, 'out.pcap'],
  ['out.GZ', true, 'out'],
  ['x.gz/out.pcap', false, 'x.gz/out.pcap'],
])('%s is compressed: %s, and called %s without', (path, compressed, name) => {
  expect([isGzipName(path), uncompressedName(path)]).toEqual([compressed, name]);
});

test.each(['out.pcap.zst', 'out.pcap.XZ', 'out.bz2'])('%s asks for a compression that there is not', async (path) => {
  const error = await expectSynthError(() => isGzipName(path), 'SYNTH_USAGE');
  expect(error.message).toContain(path);
  expect(error.hint).toContain('.gz');
});
