/**
 * @module
 * Modbus over TCP (Modbus Messaging on TCP/IP, §3.1.3): the opener reads registers, or writes coils if there is more to say, and the
 * other end answers with the transaction of the last request. Values are letters: no part of them looks like a header.
 */
import type { Circumstances, SegmentApplication } from '../application.js';
import type { Message } from '../message.js';

const READ_COILS = 1;
const READ_REGISTERS = 3;
const WRITE_COILS = 15;
/** Transaction, protocol, length, unit. */
const HEAD_BYTES = 7;
/** Function, address and count. */
const READ_BYTES = HEAD_BYTES + 5;
/** Confirmed are address and count. */
const WRITTEN_BYTES = READ_BYTES;
/** With the count of bytes, and one byte of coils. */
const MIN_WRITE_BYTES = HEAD_BYTES + 7;
/** A protocol data unit has 253 bytes at most; 1968 coils are 246 bytes. */
const MAX_WRITE_BYTES = HEAD_BYTES + 6 + 246;
/** Function, count of bytes. */
const ANSWER_HEAD_BYTES = HEAD_BYTES + 2;
const MAX_ANSWER_BYTES = ANSWER_HEAD_BYTES + 250;
const USUAL_REGISTERS = 2;

class ModbusConversation implements SegmentApplication {
  #transaction = 0;
  /** Of the last request, if it wrote any. */
  #coils = 0;

  compose(message: Message, room: number, byOpener: boolean): void {
    if (!byOpener) this.#answer(message, room);
    else if (room >= MIN_WRITE_BYTES) this.#writeCoils(message, sizeIn(room, MIN_WRITE_BYTES, MAX_WRITE_BYTES));
    else this.#readRegisters(message);
  }

  #readRegisters(message: Message): void {
    this.#transaction = (this.#transaction + 1) & 0xffff;
    this.#coils = 0;
    this.#head(message, READ_BYTES, READ_REGISTERS);
    message.u16(0);
    message.u16(USUAL_REGISTERS);
  }

  #writeCoils(message: Message, size: number): void {
    this.#transaction = (this.#transaction + 1) & 0xffff;
    const coilBytes = size - MIN_WRITE_BYTES + 1;
    this.#head(message, size, WRITE_COILS);
    this.#coils = 8 * coilBytes;
    message.u16(0);
    message.u16(this.#coils);
    message.u8(coilBytes);
    message.fill('letters', coilBytes);
  }

  /** What was written is confirmed where that fits; of what is read, registers have two bytes, and coils fill any number. */
  #answer(message: Message, room: number): void {
    if (this.#coils > 0 && room === WRITTEN_BYTES) {
      this.#head(message, WRITTEN_BYTES, WRITE_COILS);
      message.u16(0);
      message.u16(this.#coils);
      return;
    }
    const wanted = sizeIn(room, ANSWER_HEAD_BYTES + 1, MAX_ANSWER_BYTES) - ANSWER_HEAD_BYTES;
    const dataBytes = wanted >= 1 ? wanted : 2 * USUAL_REGISTERS;
    this.#head(message, ANSWER_HEAD_BYTES + dataBytes, dataBytes % 2 === 0 ? READ_REGISTERS : READ_COILS);
    message.u8(dataBytes);
    message.fill('letters', dataBytes);
  }

  #head(message: Message, size: number, code: number): void {
    message.u16(this.#transaction);
    message.u16(0);
    message.u16(size - HEAD_BYTES + 1); // with the unit
    message.u8(1);
    message.u8(code);
  }
}

/** What to send of a room that is too large for one message: as much as leaves room for another. */
function sizeIn(room: number, least: number, most: number): number {
  if (room <= most) return room;
  return Math.min(most, room - least);
}

export const modbus = (_: Circumstances): SegmentApplication => new ModbusConversation();
