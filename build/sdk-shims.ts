import type { Plugin } from 'esbuild';

// Keeps the SDK's copies of ajv (44 kB gzip, tens of milliseconds of start-up) out of the bundle. The SDK imports one for servers and one for
// clients that leave validation to it; ours validate by themselves and hand the SDK a validator of their own.
// A server or client built without one fails at once instead of silently validating nothing.

const SHIMS = /^@modelcontextprotocol\/(?:server|client)\/_shims$/;

const CONTENTS = `
export class DefaultJsonSchemaValidator {
  constructor() {
    throw new Error('no JSON Schema validator of the SDK is in this bundle: pass jsonSchemaValidator');
  }
}
// Only the server's stdio transport reads it, which is not in the bundle.
export const process = globalThis.process;
// What the client's own shim says on Node.
export const CORS_IS_POSSIBLE = false;
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
