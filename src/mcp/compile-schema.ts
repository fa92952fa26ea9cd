import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonObject, ToolDeclaration } from './tools/tool.ts';

// Compiles a tool's schemas with ajv. Loaded at the first validation only (ajv takes longer to load than a call takes to
// serve); the bundle puts functions compiled at build time in this module's place, with the same export.

export type SchemaSide = 'input' | 'output';

const ajv = new Ajv2020({
  // Every problem at once: a model gets one chance to repair its call. The body's limit bounds how many there can be.
  allErrors: true,
  strict: false,
  validateFormats: true,
});
addFormats.default(ajv);

export async function compileSchema(tool: ToolDeclaration, side: SchemaSide): Promise<ValidateFunction> {
  const schema: JsonObject = side === 'input' ? tool.inputSchema : (tool.outputSchema ?? {});
  return ajv.compile(schema);
}
