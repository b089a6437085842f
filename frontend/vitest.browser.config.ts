import { defineConfig } from "vitest/config";

const JOURNEY_TIMEOUT_MS = 180_000;

export default defineConfig({
  test: {
    include: ["browser/**/*.test.ts"],
    testTimeout: JOURNEY_TIMEOUT_MS,
    hookTimeout: JOURNEY_TIMEOUT_MS,
    fileParallelism: false,
  },
});
