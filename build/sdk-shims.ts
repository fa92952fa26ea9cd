import type { Plugin } from 'esbuild';

// Keeps the SDK's second copy of ajv (44 kB gzip, tens of milliseconds of start-up) out of the bundle. The SDK imports it for servers that
// leave validation to it; ours validates by functions compiled at build time and hands the SDK a validator that is never asked.
// A server built without one fails at once instead of silently validating nothing.

const SHIMS = /^@modelcontextprotocol\/server\/_shims$/;

const CONTENTS = `
export class DefaultJsonSchemaValidator {
  constructor() {
    throw new Error('no JSON Schema validator of the SDK is in this bundle: pass jsonSchemaValidator');
  }
}
// Only the stdio transport reads it, which is not in the bundle.
export const process = globalThis.process;
`;

export function withoutSdkValidator(): Plugin {
  return {
    name: 'without-sdk-validator',
    setup(build) {
      build.onResolve({ filter: SHIMS }, ({ path }) => ({ path, namespace: 'sdk-shims', sideEffects: false }));
      build.onLoad({ filter: /.*/, namespace: 'sdk-shims' }, () => ({ contents: CONTENTS, loader: 'js' }));
    },
  };
}
