/** Says at the end which tests were skipped and why: a line for each reason. */
import type { Reporter, TestModule } from 'vitest/node';

export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests('skipped')]);
    // Those that a name pattern leaves out are no news.
    const reasons = tests.flatMap((test) => {
      const result = test.result();
      return result.state === 'skipped' && result.note !== undefined ? [result.note] : [];
    });
    if (reasons.length === 0) return;
    const byReason = new Map<string, number>();
    for (const reason of reasons) byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
    const width = String(reasons.length).length;
    console.log(`\n Skipped  ${reasons.length}`);
    for (const [reason, count] of [...byReason].sort(([, a], [, b]) => b - a)) {
      console.log(`   ${String(count).padStart(width)}  ${reason}`);
    }
  }
}
