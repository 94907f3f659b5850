/**
 * @module
 * The kinds of network, by name.
 */
import type { Cell } from './architecture.js';
import { gru } from './gru.js';
import type { CellKind } from './network.js';
import { tcn } from './tcn.js';

export const cellKinds: Readonly<Record<Cell, CellKind>> = { gru, tcn };
