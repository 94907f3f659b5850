// Copies files that the compiler does not make: those that the dashboard serves as they are.
import { cpSync } from 'node:fs';

const folder = 'src/fleet/dashboard/static';
cpSync(new URL(`../${folder}`, import.meta.url), new URL(`../dist/${folder}`, import.meta.url), { recursive: true });
