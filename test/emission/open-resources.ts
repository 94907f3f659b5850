/** What this process has open: sockets and files. */
import { readdirSync } from 'node:fs';
import { afterEach, beforeAll, expect } from 'vitest';
import { eventually } from './sending.js';

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

/** Timers of the tests themselves do not count. */
const openHandles = (): string[] => process.getActiveResourcesInfo().filter((name) => /TCP|UDP|Pipe|TLS/.test(name));

const openResources = () => ({ descriptors: openDescriptors(), handles: openHandles() });

/** Each test of a file has to close whatever it has opened. @param prepare opens what stays open */
export function requireNothingOpen(prepare: () => Promise<unknown>): void {
  let before: ReturnType<typeof openResources>;
  beforeAll(async () => {
    await prepare();
    before = openResources();
  });
  afterEach(() => eventually(() => expect(openResources()).toEqual(before)));
}
