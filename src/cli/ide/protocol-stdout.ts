import { Console } from 'node:console';
import { Writable } from 'node:stream';

// Standard output belongs to the protocol: one stray byte of anybody's and the client loses the connection. So the stream is taken away, and whatever
// else in this process prints (a dependency's warning, `console.log`) goes to stderr.

/** Call it once, before anything else is loaded. Answers the one way to stdout that is left. */
export function claimStdout(): Writable {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  const claimed = new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, encoding, done) {
      write(chunk, encoding, (error) => done(error));
    },
  });
  stdout.on('error', (error: Error) => claimed.destroy(error));
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write;
  globalThis.console = new Console(stderr, stderr);
  return claimed;
}
