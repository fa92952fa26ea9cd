import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import type { Plugin } from 'esbuild';

// Gives the gateway its own copies of the MCP SDK's client and of zod. Chunks are split by module, so one copy for both would bring what only the
// gateway uses of them into every cold start of the MCP door (8 kB gzip), though no server is called there. Our own modules stay shared: an
// AppError must be the same class everywhere.

const APART = 'gateway';
const PACKAGES = /^(?:@modelcontextprotocol\/(?:core|client|server)|zod)(?:\/|$)/;
const GATEWAY =
  /[/\\]src[/\\](?:kernel[/\\]check-schema|mcp[/\\]upstreams|adapters[/\\]upstreams|adapters[/\\]http[/\\]mcp-client|compose[/\\](?:upstream|believed)|config[/\\]upstream-auth|trust[/\\]credentials|adapters[/\\]aws[/\\]function-url)[^?]*$/;
const SHIMS = /\/_shims$/;

export function gatewayApart(): Plugin {
  const root = process.cwd();
  return {
    name: 'gateway-apart',
    setup(build) {
      build.onResolve({ filter: /.*/ }, async ({ path, importer, kind, namespace, pluginData, resolveDir }) => {
        if (pluginData === APART || SHIMS.test(path)) return undefined;
        const theirs = PACKAGES.test(path) || (namespace === APART && path.startsWith('.'));
        if (namespace !== APART && !(theirs && GATEWAY.test(importer))) return undefined;
        const options = { kind, importer, resolveDir: resolveDir || dirname(importer), pluginData: APART };
        const found = await build.resolve(path, options);
        const ownCopy = theirs && found.errors.length === 0 && !found.external && found.namespace === 'file';
        return ownCopy ? { path: relative(root, found.path), namespace: APART, sideEffects: found.sideEffects } : found;
      });
      build.onLoad({ filter: /.*/, namespace: APART }, async ({ path }) => ({
        contents: await readFile(`${root}/${path}`, 'utf8'),
        loader: 'js',
        resolveDir: dirname(`${root}/${path}`),
      }));
    },
  };
}
