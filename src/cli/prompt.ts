import type { Interface } from 'node:readline/promises';

/**
 * What was typed at a prompt. Nothing when the terminal was closed instead (Ctrl-D, or Ctrl-C where nobody listens for it), which readline itself
 * leaves open for ever, or when the question was taken back.
 */
export function prompt(terminal: Interface, words: string, signal?: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const over = (): void => resolve(undefined);
    terminal.once('close', over);
    terminal
      .question(words, signal === undefined ? {} : { signal })
      .then(resolve, over)
      .finally(() => terminal.off('close', over));
  });
}
