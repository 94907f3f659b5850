/**
 * @module
 * Factories of both MQTT clients: the carriers and overheads that they share.
 */

import { publishHeaderBytes, segmentHeaderBytes, tlsBytes, webSocketHeaderBytes } from '../../net/header-bytes.js';
import type { MqttTarget } from '../scenario/scenario.js';
import type { ClientIdentity, ClientListener, DeviceClient, OutgoingMessage } from './client.js';
import { FullMqttClient, type FullMqttShared } from './full-mqtt.js';
import { LeanMqttClient, type LeanMqttShared } from './lean-mqtt.js';
import { MqttCodec } from './lean-mqtt-packets.js';
import { type Link, type LinkUser, SocketLink } from './link.js';
import { Sockets } from './sockets.js';
import { TargetFactory } from './target-factory.js';
import { type WebSocketLibrary, WebSocketLink, type WebSocketOptions, webSocketUrl } from './web-socket-link.js';

abstract class MqttFactory extends TargetFactory<MqttTarget> {
  declare readonly target: MqttTarget;
  protected sockets!: Sockets;
  #segmentBytes = 0;
  #library: WebSocketLibrary | undefined;

  protected async load(): Promise<void> {
    this.sockets = new Sockets(this.target, this.address);
    this.#segmentBytes = segmentHeaderBytes(this.address);
    if (this.target.over === 'websocket') this.#library = await import('ws');
  }

  /** Of the WebSocket that carries the packets of a device; undefined where it is TCP. */
  protected webSocketOptions(): WebSocketOptions | undefined {
    if (this.#library === undefined) return undefined;
    const url = webSocketUrl(this.target, this.target.path);
    return { library: this.#library, url, subprotocol: 'mqtt', headers: {}, binary: true };
  }

  overheadBytes(topic: string, qos: 0 | 1 | 2, payloadBytes: number, recordBytes: number): number {
    const { version, over, tls } = this.target;
    const publish = publishHeaderBytes(version === '5', topic, qos, payloadBytes);
    const frame = publish + (over === 'websocket' ? webSocketHeaderBytes(publish + payloadBytes) : 0);
    return this.#segmentBytes + frame + (tls === undefined ? 0 : tlsBytes(recordBytes, frame + payloadBytes));
  }
}

export class LeanMqttFactory extends MqttFactory implements LeanMqttShared {
  codec!: MqttCodec;
  #readBuffer!: Buffer;

  protected override async load(): Promise<void> {
    await super.load();
    this.codec = new MqttCodec(this.target);
    this.#readBuffer = SocketLink.readBuffer();
  }

  create<M extends OutgoingMessage>(identity: ClientIdentity, listener: ClientListener<M>): DeviceClient<M> {
    return new LeanMqttClient(identity, listener, this, this.#linkOpener<M>(identity));
  }

  #linkOpener<M>(identity: ClientIdentity): (user: LinkUser<M>) => Link<M> {
    const open = this.sockets.openerOf(identity);
    const options = this.webSocketOptions();
    if (options !== undefined) return (user) => new WebSocketLink(open, options, user);
    return (user) => new SocketLink(open, this.sockets.readyEvent, this.#readBuffer, user);
  }
}

export class FullMqttFactory extends MqttFactory implements FullMqttShared {
  MqttClient!: FullMqttShared['MqttClient'];

  protected override async load(): Promise<void> {
    await super.load();
    this.MqttClient = (await import('mqtt')).MqttClient;
  }

  create<M extends OutgoingMessage>(identity: ClientIdentity, listener: ClientListener<M>): DeviceClient<M> {
    const options = this.webSocketOptions();
    return new FullMqttClient(identity, listener, this, this.sockets.openerOf(identity), options);
  }
}
