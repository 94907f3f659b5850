/** Tests of real captures beside the checkout. Where there are none, each of these tests is skipped with that reason. */
import { existsSync, readdirSync } from 'node:fs';
import { sharedCapture, testWithCaptures, testWithPeers } from './peers.js';

const areThere = existsSync(sharedCapture(''));

/** A test in which other programs judge what is made of captures. Captures are never required; where they are, the programs can be. */
export function testWithCapturesAndPeers(
  programs: readonly string[],
  title: string,
  body: () => Promise<void> | void,
): void {
  if (areThere) testWithPeers(programs, title, body);
  else testWithCaptures(title, body);
}

/** Names of the captures in a folder, such as `odd`. None without captures. */
export const capturesIn = (folder: string): readonly string[] =>
  areThere ? readdirSync(sharedCapture(folder)).sort() : [];

/**
 * A test for each capture in a folder, titled with the name of its file. Vitest wants at least one test in a suite: without
 * captures there is one, and it is skipped.
 */
export function testEachCapture(
  programs: readonly string[],
  folder: string,
  body: (path: string, name: string) => Promise<void> | void,
): void {
  for (const name of capturesIn(folder)) {
    testWithPeers(programs, name, () => body(sharedCapture(`${folder}/${name}`), name));
  }
  if (!areThere) testWithCaptures(`every capture of the folder ${folder}`, () => {});
}
