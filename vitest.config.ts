import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/last-line-reporter.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // nothing here has module state, and loading everything anew for each file costs more than the tests
    isolate: false,
  },
})
