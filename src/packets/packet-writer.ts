/**
 * @module
 * The contract of everything that packets are written to: captures with frames, and tables.
 */

export interface PacketWriter {
  /** Writes what stands before the packets. */
  begin(): Promise<void>;
  /** False if `flush` has to be called before a packet of this size. */
  hasRoom(sizeBytes: number): boolean;
  /** @param seconds, nanoseconds since the Unix epoch */
  write(seconds: number, nanoseconds: number, sizeBytes: number, outbound: number): void;
  flush(): Promise<void>;
  /** Resolves when everything has been taken. */
  end(): Promise<void>;
}
