/**
 * @module
 * The thread that sends: opens the transport, waits for the word to start, sends, and gives its account. Messages are those of
 * `SenderRequest` and `SenderAnswer`; everything that is fast goes through shared memory.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../clock.js';
import { LINUX, type Linux, openLinux } from '../host/native/linux.js';
import { drawSeed, randomStream } from '../random.js';
import { toThreadError } from '../thread-error.js';
import { rehearse, type SenderFactory } from './rehearsal.js';
import { RingReader } from './ring.js';
import { SendCounts } from './send-counts.js';
import { Sender } from './sender.js';
import { CONTROL, type SenderAnswer, type SenderRequest, type SenderTask } from './sender-task.js';
import { createTransport } from './transports/create-transport.js';
import { systemSleeper, Waiter } from './waiter.js';

/**
 * Niceness asked for: goes before other programs, where the user may have that. Real-time scheduling would not help: a thread that spins uses up
 * what the kernel grants, and is then held for 50 ms.
 */
const PRIORITY = -20;

const answer = (message: SenderAnswer): void => parentPort!.postMessage(message);

/** Undefined if the emission ended before it began. */
function wordToStart(): Promise<SenderRequest> {
  return new Promise((resolve) => parentPort!.once('message', resolve));
}

function goFirst(linux: Linux | undefined): void {
  linux?.setpriority(LINUX.PRIO_PROCESS, linux.gettid(), PRIORITY);
}

async function run(task: SenderTask): Promise<void> {
  const linux = await openLinux();
  const transport = await createTransport(task.transport, randomStream(drawSeed(), 'back-off'));
  const control = new Int32Array(task.control);
  const stopped = () => Atomics.load(control, CONTROL.stop) === 1;
  try {
    await transport.open();
    goFirst(linux);
    const waiter = new Waiter(systemClock, systemSleeper(linux), task.precision);
    const { stamp, channels, paced } = task;
    const createSender: SenderFactory = (ring, counts, { startNs, startWallNs }, stopped) => {
      const options = { startNs, startWallNs, stamp, channels, paced, stopped };
      return new Sender(new RingReader(ring), transport, waiter, counts, options);
    };
    await rehearse(transport, createSender);
    answer({ kind: 'open' });
    const counts = new SendCounts(task.counts);
    const sender = createSender(task.ring, counts, await wordToStart(), stopped);
    await sender.run();
    await sender.skipRest();
    await transport.close(task.drainMs);
    const { errors, reconnects, receivedPackets, receivedBytes } = transport;
    answer({ kind: 'done', failures: counts.failures, errors, reconnects, receivedPackets, receivedBytes });
  } finally {
    await transport.close(0);
  }
}

try {
  await run(workerData as SenderTask); // what emit.ts has given it
} catch (error) {
  answer(toThreadError(error));
}
