import type { KeyValueStore } from '../ports/key-value-store.ts';
import { toolHash } from '../trust/tool-hash.ts';
import type { ToolDeclaration } from './tools/tool.ts';

// What this server offers, in the shape of `tools/list`, with each tool's hash. It is put in the store so that an agent can plan
// without asking first. A cache only: the agent trusts the hashes in its own zip, never what it finds here.

export const MANIFEST_KEY = 'manifest';

/** A tool as clients see it; scopes and toolset stay inside. */
export function listedTool(tool: ToolDeclaration) {
  const { name, title, description, inputSchema, outputSchema, annotations } = tool;
  return { name, title, description, inputSchema, outputSchema, annotations };
}

export interface Manifest {
  readonly v: 1;
  readonly server: { readonly name: string; readonly version: string };
  readonly tools: readonly (ReturnType<typeof listedTool> & {
    readonly hash: string;
    readonly scopes: readonly string[];
  })[];
}

export function createManifest(server: Manifest['server'], tools: readonly ToolDeclaration[]): Manifest {
  const listed = tools.map((tool) => ({ ...listedTool(tool), hash: toolHash(tool), scopes: tool.scopes }));
  return { v: 1, server: { name: server.name, version: server.version }, tools: listed };
}

export interface ManifestPublisher {
  /** Writes the manifest once in this process's life. A store that is down is no error here: the next list tries again. */
  publish(): Promise<void>;
}

export function createManifestPublisher(deps: {
  readonly store: KeyValueStore;
  readonly manifest: Manifest;
  readonly onError: (error: unknown) => void;
}): ManifestPublisher {
  let done = false;
  return {
    async publish() {
      if (done) return;
      done = true;
      try {
        await deps.store.set(MANIFEST_KEY, JSON.stringify(deps.manifest));
      } catch (error) {
        done = false;
        deps.onError(error);
      }
    },
  };
}
