/** What is used of the package raw-socket, which has no types of its own. */
declare module 'raw-socket' {
  export interface Options {
    /** Of the header that the system writes; 255 for none. */
    readonly protocol: number;
    /** 1 for IPv4, 2 for IPv6. */
    readonly addressFamily: 1 | 2;
  }

  export interface Socket {
    /** What sends at once, and throws what the system says; `send` of the socket itself waits for a turn of the event loop. */
    readonly wrap: {
      send(buffer: Buffer, offset: number, length: number, address: string, done: (bytes: number) => void): void;
    };
    setOption(level: number, option: number, value: number): void;
    pauseRecv(): this;
    on(event: 'close', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    close(): this;
  }

  const rawSocket: {
    createSocket(options: Options): Socket;
    /** Numbers of this system, where it has them. */
    readonly SocketLevel: Readonly<Record<string, number | undefined>>;
    readonly SocketOption: Readonly<Record<string, number | undefined>>;
  };
  export default rawSocket;
}
