import { expect, test } from 'vitest';
import { captureReport } from '../../src/report/capture-report.js';
import { evaluationReport } from '../../src/report/evaluation-report.js';
import { doorbellCapture, doorbellEvaluation } from './sample-reports.js';

test('A report of two candidates fits into a mail', async () => {
  const two = await evaluationReport(await doorbellEvaluation(['markov', 'hmm']));
  expect(Buffer.byteLength(two)).toBeLessThan(700_000);
  const capture = await captureReport(await doorbellCapture());
  expect(Buffer.byteLength(capture)).toBeLessThan(400_000);
});
