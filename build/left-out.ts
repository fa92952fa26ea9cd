import type { Plugin } from 'esbuild';

// Optional dependencies of dependencies that are on this machine by chance, because a development tool brings them. Each is asked for in a
// `try`, and goes on without; in the bundle it finds an empty module, wherever it was built.

/** `debug`, which ioredis brings, colours terminals with it. */
const LEFT_OUT = /^supports-color$/;

export function withoutOptionalPackages(): Plugin {
  return {
    name: 'without-optional-packages',
    setup(build) {
      build.onResolve({ filter: LEFT_OUT }, ({ path }) => ({ path, namespace: 'left-out' }));
      build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
        contents: 'module.exports = false;',
        loader: 'js',
      }));
    },
  };
}
