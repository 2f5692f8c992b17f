/**
 * Ends a jest run with one line that people and machines read: `N passed, N failed`, and `, N skipped` where some were.
 * A test file that could not run counts as a failed test; a run without any test fails.
 */
export default class SummaryReporter {
  #empty = false;

  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    this.#empty = results.numPassedTests + failed === 0;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    // After what the default reporter writes to standard error.
    process.stderr.write('', () => process.stdout.write(`${line}\n`));
  }

  getLastError() {
    return this.#empty ? new Error('no test ran') : undefined;
  }
}
