/** Captures for the tests of compression. */
import { memoryInput, pcap, sampleFrames } from '../support/frames.js';
import { readPackets } from '../support/read.js';

export const FILE = pcap(sampleFrames(40), { kind: 'nano' });
/** The records of the file. */
export const uncompressed = async () => (await readPackets(memoryInput(FILE))).records;

/** Random enough that deflate cannot make it small, so that a cut in the middle leaves packets before it. */
export const LARGE_FRAMES = Array.from({ length: 400 }, (_, i) => {
  let state = i + 1;
  const bytes = Uint8Array.from({ length: 700 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; // the generator of Numerical Recipes
    return state >>> 24;
  });
  return { timeNs: BigInt(i) * 1000n, bytes };
});
export const LARGE_FILE = pcap(LARGE_FRAMES);
