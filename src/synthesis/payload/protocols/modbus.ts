/**
 * @module
 * Modbus over TCP (Modbus Messaging on TCP/IP, §3.1.3): the opener reads registers, or writes coils if there is more to say, and the
 * other end answers the last request. Values are letters: no part of them looks like a header.
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

  compose(message: Message, room: number, byOpener: boolean): void {
    if (!byOpener) this.#answer(message, room);
    else if (room >= MIN_WRITE_BYTES) this.#writeCoils(message, Math.min(room, MAX_WRITE_BYTES));
    else this.#readRegisters(message);
  }

  #readRegisters(message: Message): void {
    this.#transaction = (this.#transaction + 1) & 0xffff;
    this.#head(message, READ_BYTES, READ_REGISTERS);
    message.u16(0);
    message.u16(USUAL_REGISTERS);
  }

  #writeCoils(message: Message, size: number): void {
    this.#transaction = (this.#transaction + 1) & 0xffff;
    const coilBytes = size - MIN_WRITE_BYTES + 1;
    this.#head(message, size, WRITE_COILS);
    message.u16(0);
    message.u16(8 * coilBytes);
    message.u8(coilBytes);
    message.fill('letters', coilBytes);
  }

  /** Registers have two bytes, coils fill any number. */
  #answer(message: Message, room: number): void {
    const wanted = Math.min(room, MAX_ANSWER_BYTES) - ANSWER_HEAD_BYTES;
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

export const modbus = (_: Circumstances): SegmentApplication => new ModbusConversation();
