/**
 * @module
 * Crypto-PAn: prefix-preserving anonymisation of addresses (Fan, Xu, Ammar, Moon, “Prefix-preserving IP address anonymization”, Computer
 * Networks 46, 2004). Bit i of an address is flipped or not as AES of the i bits before it, padded with a secret, says: two addresses
 * have as long a common prefix afterwards as before, and no two become one.
 */
import { createCipheriv } from 'node:crypto';

export const CRYPTO_PAN_KEY_BYTES = 32;

const BLOCK_BYTES = 16;
const MAX_ADDRESS_BITS = 128;

export class CryptoPan {
  readonly #encrypt: (blocks: Uint8Array) => Uint8Array;
  readonly #pad: Uint8Array;
  readonly #blocks = new Uint8Array(MAX_ADDRESS_BITS * BLOCK_BYTES);

  /** @param key 16 bytes for AES-128, then 16 that are encrypted to become the padding */
  constructor(key: Uint8Array) {
    // Single blocks, each on its own: here ECB is the function itself and no mode of encryption.
    const cipher = createCipheriv('aes-128-ecb', key.subarray(0, BLOCK_BYTES), null).setAutoPadding(false);
    this.#encrypt = (blocks) => cipher.update(blocks);
    this.#pad = Uint8Array.from(this.#encrypt(key.subarray(BLOCK_BYTES, CRYPTO_PAN_KEY_BYTES)));
  }

  /**
   * Anonymises an address in place.
   *
   * @param firstBit the bits before it stay as they are
   * @param bits length of the address, at most 128
   */
  apply(bytes: Uint8Array, at: number, bits: number, firstBit = 0): void {
    for (let bit = firstBit; bit < bits; bit++) this.#prepare(bytes, at, bit, (bit - firstBit) * BLOCK_BYTES);
    const encrypted = this.#encrypt(this.#blocks.subarray(0, (bits - firstBit) * BLOCK_BYTES));
    for (let bit = firstBit; bit < bits; bit++) {
      const flip = encrypted[(bit - firstBit) * BLOCK_BYTES]! >> 7;
      bytes[at + (bit >> 3)]! ^= flip << (7 - (bit & 7));
    }
  }

  /** The block of a bit: the bits before it, then the padding. */
  #prepare(bytes: Uint8Array, at: number, bit: number, blockAt: number): void {
    const blocks = this.#blocks;
    const whole = bit >> 3;
    for (let i = 0; i < whole; i++) blocks[blockAt + i] = bytes[at + i]!;
    const mask = 0xff00 >> (bit & 7);
    blocks[blockAt + whole] = (bytes[at + whole]! & mask) | (this.#pad[whole]! & ~mask);
    for (let i = whole + 1; i < BLOCK_BYTES; i++) blocks[blockAt + i] = this.#pad[i]!;
  }
}
