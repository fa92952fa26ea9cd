import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

// Node's own modules, taken without an `import`. A module that is imported has all its exports read at once, the costly ones too: of node:crypto
// that makes the whole of WebCrypto, of node:fs its streams. Here only what is used is read, when the file that uses it starts.

const NAMESPACE = 'node-module';
/** What these export depends on how Node was started, and the same sources have to make the same bundle. */
const LEFT_AS_THEY_ARE = ['process', 'module', 'vm'];

/** Source of an ES module with the exports of one of Node's. A bundle keeps those that are used. */
function renderModule(name: string): string {
  const exported = Object.keys(process.getBuiltinModule(`node:${name}`) ?? {}).filter((key) =>
    /^[a-z_]\w*$/i.test(key),
  );
  return [
    `const found = /* @__PURE__ */ process.getBuiltinModule('node:${name}');`,
    'const read = (key) => found[key];',
    'export default found;',
    ...exported
      .toSorted()
      .map((key) => `const its_${key} = /* @__PURE__ */ read('${key}'); export { its_${key} as ${key} };`),
  ].join('\n');
}

/** The esbuild plugin. What is imported later, or asked for by `require`, is left as it is. */
export function nodeModules(): Plugin {
  return {
    name: 'node-modules',
    setup(build) {
      build.onResolve({ filter: /^(?:node:)?[a-z_/0-9]+$/ }, ({ path, kind }) => {
        const name = path.replace(/^node:/, '');
        const known = builtinModules.includes(name) && !LEFT_AS_THEY_ARE.includes(name);
        return known && kind === 'import-statement' ? { path: name, namespace: NAMESPACE } : undefined;
      });
      build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
        contents: renderModule(path),
        loader: 'js',
      }));
    },
  };
}
