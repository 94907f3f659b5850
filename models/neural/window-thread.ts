/**
 * @module
 * A thread that works on the windows of a board until there will be no more.
 */
import { workerData } from 'node:worker_threads';
import { Board, type BoardPlan } from './board.js';
import { cellKinds } from './cells.js';

const { plan, module } = workerData as { plan: BoardPlan; module: WebAssembly.Module }; // what window-pool.ts hands over
const cell = cellKinds[plan.architecture.cell];
const board = new Board(plan);
const worker = { network: cell.network(plan.architecture, module, plan.capacity), version: 0 };
for (let job: number | undefined = 0; ; ) {
  job = board.waitForJob(job);
  if (job === undefined) break;
  board.work(worker);
  board.finish();
}
