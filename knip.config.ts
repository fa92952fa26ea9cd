import type { KnipConfig } from 'knip';

// Everything that runs is named here; what none of these reaches is unused.
const config: KnipConfig = {
  entry: [
    'src/handlers/*.ts',
    'src/local/{demo,dev}.ts',
    'src/cli/main.ts',
    'src/console/page/main.ts',
    'bin/sallyport.mjs',
    'build/{bundle,cli,mcpb,tool-hashes}.ts',
    'build/cli-entry.mjs',
    'scripts/*.{ts,mjs}',
    'scripts/aws/*.ts',
    'test/bench/*.ts',
    'test/load/{run,machine}.ts',
    'test/eval/run.ts',
    'test/**/*.test.ts',
    'test/infra/cycle/run.ts',
    'test/support/{conformance-server,sdk-client-main}.ts',
  ],
  // CloudFront runs it.
  ignore: ['terraform/modules/edge/origin-secret.js'],
  project: ['src/**/*.ts', 'build/**/*.{ts,mjs}', 'scripts/**/*.{ts,mjs}', 'test/**/*.ts', '!test/peers/**'],
  // Installed by tests, from projects of their own under test/peers.
  ignoreDependencies: ['aws-lambda-ric', 'mcp-conformance-0.2', 'mcp-remote'],
  // The bundle, which lies beside it in the package.
  ignoreUnresolved: ['./main.js'],
  ignoreBinaries: ['go', 'java', 'make', 'mvn', 'redis-server', 'script', 'terraform'],
  ignoreExportsUsedInFile: true,
};

export default config;
