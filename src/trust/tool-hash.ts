import { hashJson } from './canonical-json.ts';

// A tool's declaration is what a model acts on, so a changed one is a changed tool. The agent carries the hash of each
// tool it was built with and refuses a listed tool whose hash differs; this is the one way both sides compute it.

/** The members of a listed tool that a client sees and that are hashed. */
export interface HashedDeclaration {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly inputSchema: unknown;
  readonly outputSchema?: unknown;
  readonly annotations?: unknown;
}

/** SHA-256 over the canonical JSON of the declaration, base64url. Other members of a listed tool do not count. */
export function toolHash(tool: HashedDeclaration): string {
  const { name, title, description, inputSchema, outputSchema, annotations } = tool;
  return hashJson({ name, title, description, inputSchema, outputSchema, annotations });
}

/** Where a listed tool says which scopes a call of it needs. It is not hashed: no model sees it, and each call is checked. */
export const SCOPES_META_KEY = 'sallyport/scopes';
