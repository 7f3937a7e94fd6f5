import { defineConfig } from 'vitest/config'

/**
 * The tests in a real browser against a real server; e2e/server.ts starts it. Patient, for machines that are busy.
 * ALLAPRIMA_SCREENS=1 makes the docs' screenshots instead.
 */
export default defineConfig({
  test: {
    include: [process.env.ALLAPRIMA_SCREENS ? 'e2e/screens.ts' : 'e2e/**/*.test.ts'],
    environment: 'node',
    testTimeout: 900_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
    fileParallelism: false,
    globalSetup: ['e2e/server.ts'],
  },
})
