/**
 * @module
 * The contract of whatever changes addresses: maps that the user gives, and anonymisation.
 */
import type { AddressFamily } from '../net/address.js';

export interface AddressChange {
  /** The kinds of addresses that it may deal with. */
  readonly families: ReadonlySet<AddressFamily>;
  /** Whether no captured address may be left, also where a frame cannot be read as far as its addresses. */
  readonly isComplete: boolean;
  /**
   * Changes the address at a position in place.
   *
   * @returns true if the address is dealt with, changed or kept on purpose; false to leave it to the next change
   */
  apply(bytes: Uint8Array, at: number, family: AddressFamily): boolean;
}
