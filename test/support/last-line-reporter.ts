import type { Reporter, TestModule } from 'vitest/node'

/** The last line of a run is `N passed, N failed, N skipped`, for people and for CI alike. */
export default class LastLineReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<unknown>): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    let broken = 0
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1
      if (module.errors().length > 0) broken += 1
    }
    // promises and errors that nobody handled, in whichever test or service
    const failed = counts.failed + counts.pending + broken + unhandled.length
    process.once('exit', () => {
      process.stdout.write(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped\n`)
    })
  }
}
