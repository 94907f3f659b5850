/**
 * @module
 * The MQTT client of fleets: a socket and little more for each device, so that tens of thousands of them fit into one process.
 *
 * Each message is written by itself, as a device does that sends it at its time; so it is a segment of its own. QoS 0 counts as acknowledged
 * when the system has taken it, which is told asynchronously. A message that is not acknowledged in time ends the connection, as MQTT knows no
 * other way to send it again.
 */
import type { IConnackPacket, IDisconnectPacket, IPublishPacket, ISubackPacket, Packet } from 'mqtt-packet';
import type { MqttTarget } from '../scenario/scenario.js';
import type { ClientIdentity, ClientListener, OutgoingMessage } from './client.js';
import { ConnectionClient, MAX_WAITING_BYTES, type SharedByClients } from './connection-client.js';
import { KeepAlive } from './keep-alive.js';
import {
  acknowledgement,
  DISCONNECT,
  type MqttCodec,
  PACKET,
  PacketSplitter,
  PINGREQ,
  publishPacket,
} from './lean-mqtt-packets.js';
import type { Link, LinkUser } from './link.js';
import { reasonOf, refusalOf, subscriptionRefusalOf } from './mqtt-reasons.js';
import { MqttSession } from './mqtt-session.js';

/** What the clients of one target share. */
export interface LeanMqttShared extends SharedByClients {
  readonly target: MqttTarget;
  readonly codec: MqttCodec;
  /** Headers of what carries the packets, for a PUBLISH of this topic. */
  overheadBytes(topic: string, qos: 0 | 1 | 2, payloadBytes: number, recordBytes: number): number;
}

/** Of a TLS connection that is not there yet. */
const USUAL_RECORD_BYTES = 22;

export class LeanMqttClient<M extends OutgoingMessage> extends ConnectionClient<M> implements LinkUser<M> {
  readonly #shared: LeanMqttShared;
  readonly #openLink: (user: LinkUser<M>) => Link<M>;
  #link: Link<M> | undefined;
  #splitter: PacketSplitter | undefined;
  readonly #session: MqttSession<M>;
  #isAccepted = false;
  #isLeaving = false;
  readonly #keepAlive: KeepAlive;

  constructor(
    identity: ClientIdentity,
    listener: ClientListener<M>,
    shared: LeanMqttShared,
    openLink: (user: LinkUser<M>) => Link<M>,
  ) {
    super(identity, listener, shared);
    this.#shared = shared;
    this.#openLink = openLink;
    this.#session = new MqttSession(shared.target.inflight);
    this.#keepAlive = new KeepAlive(shared.target.keepAliveS * 1000);
  }

  overheadBytes(topic: string, qos: 0 | 1 | 2, payloadBytes: number): number {
    return this.#shared.overheadBytes(topic, qos, payloadBytes, this.#link?.recordBytes ?? USUAL_RECORD_BYTES);
  }

  acknowledges(qos: 0 | 1 | 2): boolean {
    return qos > 0;
  }

  protected open(): void {
    this.#isAccepted = false;
    this.#isLeaving = false;
    this.#keepAlive.answered();
    this.#splitter = new PacketSplitter();
    this.#link = this.#openLink(this);
  }

  cork(): void {
    this.#link?.cork();
  }

  uncork(): void {
    this.#link?.uncork();
  }

  linkOpened(): void {
    this.#write(this.#shared.codec.connect(this.identity));
  }

  linkReceived(bytes: Buffer): void {
    this.#keepAlive.receivedMs = this.nowMs();
    const link = this.#link!;
    // Acknowledgements that have come together make room for messages that have waited: these leave together.
    link.cork();
    if (!this.#splitter!.push(bytes, this.#takePacket)) this.finish('protocol-error');
    link.uncork();
  }

  /** @returns whether the connection is still there */
  readonly #takePacket = (packet: Buffer, at: number): boolean => {
    const link = this.#link;
    if (!this.#handle(packet, at)) this.finish('protocol-error');
    return this.#link === link;
  };

  /** @returns false for what no broker may say */
  #handle(packet: Buffer, at: number): boolean {
    const type = packet[0]! >> 4;
    if (type === PACKET.pingresp) {
      this.#keepAlive.answered();
      return packet.length === 2 && this.#isAccepted;
    }
    if (type < PACKET.puback || type > PACKET.pubcomp) return this.#handleParsed(this.#shared.codec.parse(packet));
    if (packet.length < at + 2 || !this.#isAccepted) return false;
    const id = packet.readUInt16BE(at);
    this.#acknowledged(type, id, packet.length > at + 2 ? packet[at + 2]! : 0);
    return id > 0;
  }

  #acknowledged(type: number, id: number, code: number): void {
    if (type === PACKET.pubrel) {
      this.#session.released(id);
      this.#write(acknowledgement(PACKET.pubcomp, id));
    } else if (type === PACKET.pubrec && code < 0x80) {
      this.#write(acknowledgement(PACKET.pubrel, id));
    } else {
      this.#settle(id, code);
    }
  }

  #settle(id: number, code: number): void {
    const message = this.#session.settle(id);
    // Of an earlier connection.
    if (message === undefined) return;
    if (code < 0x80) this.listener.onAcknowledged(message);
    else this.listener.onFailed(message, reasonOf(code));
    if (this.state === 'closing') this.#leaveIfDone();
    else this.offerRoom();
  }

  #handleParsed(packet: Packet | undefined): boolean {
    if (packet?.cmd === 'connack') return !this.#isAccepted && this.#handleConnack(packet);
    if (packet === undefined || !this.#isAccepted) return false;
    if (packet.cmd === 'publish') return this.#handlePublish(packet);
    if (packet.cmd === 'suback') return this.#handleSuback(packet);
    if (packet.cmd !== 'disconnect') return false;
    this.#handleDisconnect(packet);
    return true;
  }

  #handleConnack(packet: IConnackPacket): boolean {
    const { returnCode, reasonCode, properties = {} } = packet;
    const code = this.#shared.codec.isVersion5 ? reasonCode : returnCode;
    if (code === undefined) return false;
    if (code !== 0) {
      this.finish(refusalOf(code));
      return true;
    }
    const { target } = this.#shared;
    this.#isAccepted = true;
    this.#session.accepted(packet);
    this.#keepAlive.periodMs = (properties.serverKeepAlive ?? target.keepAliveS) * 1000;
    if (this.identity.subscribe.length === 0) this.connected();
    else this.#write(this.#shared.codec.subscribe(this.identity.subscribe, this.#session.nextId()));
    return true;
  }

  #handleSuback({ granted }: ISubackPacket): boolean {
    const codes = granted.map(Number);
    const refusal = codes.find((code) => code >= 0x80);
    if (refusal !== undefined) this.finish(subscriptionRefusalOf(refusal));
    else this.connected();
    return true;
  }

  #handlePublish({ qos, messageId = 0, payload }: IPublishPacket): boolean {
    if (qos > 0 && messageId === 0) return false;
    const isNew = qos !== 2 || this.#session.received(messageId);
    if (qos === 1) this.#write(acknowledgement(PACKET.puback, messageId));
    if (qos === 2) this.#write(acknowledgement(PACKET.pubrec, messageId));
    if (isNew) this.listener.onReceived(payload.length);
    return true;
  }

  #handleDisconnect({ reasonCode = 0 }: IDisconnectPacket): void {
    this.finish(reasonCode === 0 ? 'closed-by-peer' : reasonOf(reasonCode));
  }

  protected hasRoom(qos: 0 | 1 | 2): boolean {
    return this.#session.hasRoom(qos) && this.#link!.waitingBytes <= MAX_WAITING_BYTES;
  }

  protected take(message: M): void {
    const { isVersion5 } = this.#shared.codec;
    const id = message.qos === 0 ? 0 : this.#session.nextId();
    const packet = publishPacket(isVersion5, message, id);
    const refusal = this.#session.refusalOf(message.qos, packet.length);
    if (refusal !== 0) {
      this.#refuse(message, refusal);
      return;
    }
    this.#keepAlive.sentMs = this.nowMs();
    if (id === 0) {
      this.#link!.writeMessage(packet, message);
      return;
    }
    this.#session.sent(id, message, this.#keepAlive.sentMs);
    this.#link!.write(packet);
  }

  #refuse(message: M, code: number): void {
    const link = this.#link;
    queueMicrotask(() => this.#link === link && this.listener.onFailed(message, reasonOf(code)));
  }

  linkWritten(message: M): void {
    this.listener.onAcknowledged(message);
  }

  linkDrained(): void {
    this.offerRoom();
  }

  linkClosed(reason: string): void {
    this.finish(reason);
  }

  protected override checkConnection(nowMs: number): void {
    if (nowMs >= this.#session.oldestMs + this.#shared.ackTimeoutMs) {
      this.finish('ack-timeout');
      return;
    }
    const due = this.#keepAlive.check(nowMs);
    if (due === 'over') this.finish('keep-alive-timeout');
    else if (due === 'ping') this.#write(PINGREQ);
  }

  override disconnect(): void {
    // It has a session, though its subscriptions are not there yet.
    if (this.state === 'connecting' && this.#isAccepted) this.#write(DISCONNECT);
    super.disconnect();
  }

  /** What is open may still be acknowledged. */
  protected leave(): void {
    this.#leaveIfDone();
  }

  #leaveIfDone(): void {
    if (this.#isLeaving || this.#session.open > 0) return;
    this.#sayGoodbye();
  }

  protected override hurry(): boolean {
    if (this.#isLeaving || this.#link === undefined) return false;
    this.#sayGoodbye();
    return true;
  }

  #sayGoodbye(): void {
    this.#isLeaving = true;
    this.#write(DISCONNECT);
    this.#link?.end();
  }

  protected release(): void {
    const link = this.#link;
    this.#link = undefined;
    this.#splitter = undefined;
    this.#session.disconnected();
    link?.abandon();
  }

  #write(packet: Buffer): void {
    this.#keepAlive.sentMs = this.nowMs();
    this.#link?.write(packet);
  }
}
