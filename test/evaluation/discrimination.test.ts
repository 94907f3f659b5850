/** The score of the embedded capture tells real packets from packets with something wrong. */
import { expect, test } from 'vitest';
import { ASPECTS } from '../../src/evaluation/metric.js';
import { fixture } from '../support/files.js';
import { describeDiscrimination, FAULTS, judgeOnce } from './discriminating.js';

const DOORBELL = { name: 'doorbell', file: fixture('doorbell/doorbell.pcap'), device: '02:00:00:00:00:17' };

describeDiscrimination(DOORBELL, test);

test('of the doorbell, the aspect that should see a fault loses the most, but for the classifier, which sees them all', async () => {
  const { faulty } = await judgeOnce(DOORBELL);
  FAULTS.forEach(({ name, sees }, i) => {
    const { aspects } = faulty[i]!.evaluation;
    const most = Math.max(...ASPECTS.filter((aspect) => aspect !== 'classifier').map((aspect) => aspects[aspect]!));
    // At a constant rate nothing is right, and which is worst is a matter of hundredths.
    expect(aspects[sees], name).toBeGreaterThan(most - 0.05);
  });
});
