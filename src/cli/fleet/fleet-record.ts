/** @module The record of a fleet on its way to its file: lines come while the run goes on, and nobody waits for the disk. */
import type { Output } from '../../output-file.js';

export class FleetRecord {
  readonly #output: Output;
  /** Writes are made one behind the other; the first that fails is the last. */
  #written: Promise<void> = Promise.resolve();

  constructor(output: Output) {
    this.#output = output;
  }

  write(lines: string): void {
    this.#written = this.#written.then(() => this.#output.write(new TextEncoder().encode(lines)));
    // Told by `finish`.
    this.#written.catch(() => {});
  }

  /** @throws SynthError `SYNTH_OUTPUT_FAILED`, also of writes before */
  async finish(): Promise<void> {
    await this.#written;
    await this.#output.finish();
  }

  discard(): Promise<void> {
    return this.#output.discard();
  }
}
