/** Mosquitto as the broker of tests: a process of its own with a configuration of its own, on free ports of 127.0.0.1. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './ports.js';

export interface MosquittoOptions {
  /** Passwords by user; others are not let in. Left out, everybody is. */
  readonly users?: Readonly<Record<string, string>>;
  /** PEM. With `requireCertificate` clients need a certificate that `ca` has signed. */
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    readonly ca?: string;
    readonly requireCertificate?: boolean;
  };
  /** Adds a listener for WebSockets. */
  readonly webSockets?: boolean;
  /** Lines of an access control list. */
  readonly acl?: readonly string[];
  /** Keeps sessions over restarts. */
  readonly persistence?: boolean;
  /** Further lines of the configuration, behind those of the listeners. */
  readonly extra?: readonly string[];
}

export interface Mosquitto {
  readonly port: number;
  /** 0 where there are no WebSockets. */
  readonly webSocketPort: number;
  readonly pid: number;
  /** What it has logged so far. */
  log(): string;
  /** Ends it, and removes its files. Does nothing the second time. */
  stop(): Promise<void>;
  /** Ends it without a word to anybody. Its files stay for `restart`. */
  kill(): Promise<void>;
  /** Starts it again on the same ports; ends it before if it runs. */
  restart(): Promise<void>;
}

const START_MS = 120_000;
const END_MS = 60_000;

/** Resolves when it listens. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), 'synth-mosquitto-'));
  const port = await freePort();
  const webSocketPort = options.webSockets === true ? await freePort() : 0;
  const broker = new Broker(folder, port, webSocketPort);
  try {
    await writeFile(join(folder, 'mosquitto.conf'), await configuration(folder, port, webSocketPort, options));
    await broker.start();
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return broker;
}

class Broker implements Mosquitto {
  #process: ChildProcess | undefined;
  #log = '';
  readonly #folder: string;
  readonly port: number;
  readonly webSocketPort: number;

  constructor(folder: string, port: number, webSocketPort: number) {
    this.#folder = folder;
    this.port = port;
    this.webSocketPort = webSocketPort;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  log(): string {
    return this.#log;
  }

  async start(): Promise<void> {
    const child = spawn('mosquitto', ['-c', join(this.#folder, 'mosquitto.conf')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const output of [child.stdout, child.stderr]) {
      output.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString();
      });
    }
    const failed = new Promise<never>((_resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`mosquitto has ended with ${code}: ${this.#log}`)));
    });
    failed.catch(() => {});
    for (const port of [this.port, this.webSocketPort]) if (port > 0) await Promise.race([listens(port), failed]);
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    await this.start();
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await exit;
    clearTimeout(timer);
  }
}

async function configuration(
  folder: string,
  port: number,
  webSocketPort: number,
  { users, tls, acl, persistence = false, extra = [] }: MosquittoOptions,
): Promise<string> {
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  // Else it gives up the rights of root, and its files with them.
  const user = process.getuid?.() === 0 ? ['user root'] : [];
  const secure =
    tls === undefined
      ? []
      : [
          `certfile ${await file('cert.pem', tls.cert)}`,
          `keyfile ${await file('key.pem', tls.key)}`,
          ...(tls.ca === undefined ? [] : [`cafile ${await file('ca.pem', tls.ca)}`]),
          ...(tls.requireCertificate === true ? ['require_certificate true'] : []),
        ];
  const listener = (at: number, protocol: string) => [`listener ${at} 127.0.0.1`, `protocol ${protocol}`, ...secure];
  return [
    'per_listener_settings false',
    ...user,
    `persistence ${persistence}`,
    ...(persistence ? [`persistence_location ${folder}/`] : []),
    `allow_anonymous ${users === undefined}`,
    ...(users === undefined ? [] : [`password_file ${passwordFile(folder, users)}`]),
    ...(acl === undefined ? [] : [`acl_file ${await file('acl', `${acl.join('\n')}\n`)}`]),
    'log_dest stderr',
    'max_connections -1',
    ...listener(port, 'mqtt'),
    ...(webSocketPort > 0 ? listener(webSocketPort, 'websockets') : []),
    ...extra,
    '',
  ].join('\n');
}

function passwordFile(folder: string, users: Readonly<Record<string, string>>): string {
  const path = join(folder, 'passwords');
  for (const [index, [name, password]] of Object.entries(users).entries()) {
    const create = index === 0 ? ['-c'] : [];
    const { status, stderr, error } = spawnSync('mosquitto_passwd', ['-b', ...create, path, name, password]);
    if (error !== undefined || status !== 0) throw error ?? new Error(`mosquitto_passwd: ${stderr}`);
  }
  return path;
}

async function listens(port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < START_MS; waitedMs += 20) {
    if (await accepts(port)) return;
    await pause(20);
  }
  throw new Error(`nothing listens on port ${port}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
