// Takes the place of `@modelcontextprotocol/server/_shims` in the bundle. The SDK's own brings a second copy of ajv (44 kB gzip, 100 ms of
// start-up) for servers that leave validation to it; ours validates by functions compiled at build time and hands the SDK a
// validator that is never asked. A server built without one would fail here at once, not silently validate nothing.

export class DefaultJsonSchemaValidator {
  constructor() {
    throw new Error('no JSON Schema validator of the SDK is in this bundle: pass jsonSchemaValidator');
  }
}

/** Only the stdio transport reads it, which is not in the bundle. */
export const process = globalThis.process;
