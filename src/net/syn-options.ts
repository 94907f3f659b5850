/**
 * @module
 * Options of a TCP SYN.
 */

/** Options that a TCP SYN offers. Null or false where the option is missing. */
export interface SynOptions {
  readonly mss: number | null;
  readonly windowScale: number | null;
  readonly sackPermitted: boolean;
  readonly timestamps: boolean;
}
