/** Files of the project that tests read. */
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** A file that ships with the project: the embedded capture, for example. */
export const fixture = (name: string): string => `${projectRoot}fixtures/${name}`;
