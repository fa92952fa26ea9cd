import * as z from 'zod';
import { projectFile } from '../src/mcp/project/project-map.ts';

// The JSON Schema of `sallyport.json`, from the one that the commands check it by: editors complete and check the file with it.

export const PROJECT_SCHEMA_FILE = 'docs/sallyport.schema.json';

export function projectSchemaJson(): string {
  return `${JSON.stringify(z.toJSONSchema(projectFile, { io: 'input' }), null, 2)}\n`;
}
