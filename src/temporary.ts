/**
 * @module
 * Files that nobody shall find afterwards, even when the process ends before the work does. The list of them is the one state at
 * module level: it belongs to the process, as its end does.
 */
import { rmSync } from 'node:fs';

const paths = new Set<string>();

function removeAll(): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
}

/**
 * Makes sure that a file or folder does not outlive the process, whatever ends it short of a kill.
 *
 * @returns to be called when it is gone, or has become something to keep
 */
export function removeAtExit(path: string): () => void {
  if (paths.size === 0) process.on('exit', removeAll);
  paths.add(path);
  return () => {
    paths.delete(path);
    if (paths.size === 0) process.off('exit', removeAll);
  };
}
