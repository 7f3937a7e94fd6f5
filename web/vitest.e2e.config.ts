import { defineConfig } from 'vitest/config'

/** The tests in a real browser against a real server; e2e/studio.ts starts both. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    environment: 'node',
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    globalSetup: ['e2e/server.ts'],
  },
})
