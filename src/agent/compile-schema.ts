import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

// Compiles a tool's input schema with ajv. Loaded when a model first asks for a call: ajv takes longer to load than the rest of the start.

const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats.default(ajv);

export function compileSchema(schema: object): ValidateFunction {
  return ajv.compile(schema);
}
