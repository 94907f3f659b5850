/**
 * @module
 * MQTT 3.1.1: CONNECT and CONNACK first, then PINGREQ and PINGRESP where two bytes are wanted, and PUBLISH of quality 0 for the rest.
 */
import type { Circumstances, SegmentApplication } from '../application.js';
import type { Message } from '../message.js';
import { ascii } from './text.js';

const CONNECT = 0x10;
const CONNACK = 0x20;
const PUBLISH = 0x30;
const PINGREQ = 0xc0;
const PINGRESP = 0xd0;

/** Protocol name, level 4, clean session, keep-alive of 60 s (MQTT 3.1.1 §3.1.2). */
const CONNECT_HEAD = Uint8Array.of(0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60);
const PING_BYTES = 2;
/** Type and one byte of length, the fixed part, and the length of the client identifier. */
const CONNECT_OVERHEAD_BYTES = 2 + 10 + 2;
const USUAL_CLIENT_BYTES = 6;
/** What every server takes (MQTT 3.1.1 §3.1.3.1). */
const LONGEST_CLIENT_BYTES = 23;

const TOPIC = ascii('device/state');
/** Type, length, length of the topic, and one letter of it. */
const MIN_PUBLISH_BYTES = 5;
/** The longest packets whose remaining length is written in one byte, and in two (§2.2.3). */
const LONGEST_WITH_ONE = 2 + 127;
const LONGEST_WITH_TWO = 3 + 16_383;

class MqttConversation implements SegmentApplication {
  #openerConnected = false;
  #otherConnected = false;

  compose(message: Message, room: number, byOpener: boolean): void {
    if (byOpener && !this.#openerConnected) {
      this.#openerConnected = true;
      connect(message, room);
    } else if (!byOpener && !this.#otherConnected) {
      this.#otherConnected = true;
      message.u8(CONNACK);
      message.u8(2);
      message.u16(0); // no session, accepted
    } else if (room < MIN_PUBLISH_BYTES) {
      message.u8(byOpener ? PINGREQ : PINGRESP);
      message.u8(0);
    } else {
      publish(message, room);
    }
  }
}

function connect(message: Message, room: number): void {
  const wanted = room - CONNECT_OVERHEAD_BYTES;
  const clientBytes = wanted >= 1 && wanted <= LONGEST_CLIENT_BYTES ? wanted : USUAL_CLIENT_BYTES;
  message.u8(CONNECT);
  message.u8(CONNECT_OVERHEAD_BYTES - 2 + clientBytes);
  message.bytes(CONNECT_HEAD);
  message.u16(clientBytes);
  message.fill('letters', clientBytes);
}

/** @param room at least `MIN_PUBLISH_BYTES` */
function publish(message: Message, room: number): void {
  // One byte more than the longest with one byte of length would need two, and so be two longer: a ping takes the difference.
  const size = room === LONGEST_WITH_ONE + 1 ? room - PING_BYTES : Math.min(room, LONGEST_WITH_TWO);
  const isShort = size <= LONGEST_WITH_ONE;
  const remaining = size - (isShort ? 2 : 3);
  const topicBytes = Math.min(TOPIC.length, remaining - 2);
  message.u8(PUBLISH);
  if (isShort) {
    message.u8(remaining);
  } else {
    message.u8(0x80 | (remaining & 0x7f));
    message.u8(remaining >>> 7);
  }
  message.u16(topicBytes);
  message.bytes(topicBytes === TOPIC.length ? TOPIC : TOPIC.subarray(0, topicBytes));
  message.fill('bytes', remaining - 2 - topicBytes);
}

export const mqtt = (_: Circumstances): SegmentApplication => new MqttConversation();
