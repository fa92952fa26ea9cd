import { availableParallelism } from 'node:os';

// One configuration for every suite; `scripts/run-tests.ts` chooses which folders run and prints the closing line.
/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/peers/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/test/peers/'],
  extensionsToTreatAsEsm: ['.ts'],
  injectGlobals: false,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023', experimental: { keepImportAttributes: true } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: ['/node_modules/'],
  testTimeout: 20_000,
  // At least two; beyond that one core less than there are, for the processes that tests start.
  maxWorkers: Math.max(2, Math.min(6, availableParallelism() - 1)),
  // ES modules of files that are done stay in memory: a worker that has run two hundred of them spends its time collecting garbage.
  workerIdleMemoryLimit: '600MB',
};
