import { spawn } from 'node:child_process';
import type { CliContext } from './context.ts';

// How a command hands an address over to the person's browser.

/** Opens the system's browser; the link is printed as well, for machines that have none. */
function openBrowser(url: string): void {
  const [program, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? // No shell: an `&` in an address would be a command to it.
          ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url];
  const child = spawn(program ?? 'xdg-open', args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

/** Shows an address to the person, and opens it unless they want to do that themselves. */
export const showLink = (context: CliContext, browser: boolean) => async (url: string) => {
  context.warn(`Open this in a browser on this computer:\n${url}`);
  if (browser) openBrowser(url);
};
