import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// A real browser without a window, driven over the Chrome DevTools Protocol: it opens pages and clicks, and believes any certificate.
// https://chromedevtools.github.io/devtools-protocol/

export const CHROMIUM_INSTALL_COMMAND = 'sudo apt-get install -y chromium';
const BINARIES = ['chromium', 'chromium-browser', 'google-chrome'];
/** A page that has not loaded by then never will. */
const LOAD_MS = 15_000;

const findChromium = (): string | undefined => BINARIES.find((binary) => spawnSync(binary, ['--version']).status === 0);

/** Whether there is one. Suites skip themselves where there is none, which `make test` counts, and CI does not allow. */
export function hasChromium(): boolean {
  if (findChromium() !== undefined) return true;
  console.warn(`chromium is missing: its tests are skipped. Install it with: ${CHROMIUM_INSTALL_COMMAND}`);
  return false;
}

export interface ChromiumPage {
  open(url: string): Promise<void>;
  /** Clicks what the selector finds and waits for the page it leads to. */
  click(selector: string): Promise<void>;
  url(): Promise<string>;
  /** The page's words, as a person reads them. */
  text(): Promise<string>;
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

/** The address of the DevTools endpoint, which the browser prints once it listens. */
async function endpointOf(child: ChildProcess): Promise<URL> {
  if (child.stderr === null) throw new Error('no output to read');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    const found = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (found !== undefined) return new URL(found);
  }
  throw new Error(`chromium did not start: ${lines.join('\n')}`);
}

interface Session {
  send(method: string, parameters?: object): Promise<Record<string, unknown>>;
  /** Resolves at the next event of that name. */
  next(event: string): Promise<void>;
  close(): void;
}

async function connect(endpoint: URL): Promise<Session> {
  const targets = (await (await fetch(`http://${endpoint.host}/json`)).json()) as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const page = targets.find(({ type }) => type === 'page');
  if (page === undefined) throw new Error('chromium has no page');
  const socket = new WebSocket(page.webSocketDebuggerUrl);
  const answers = new Map<number, (answer: Record<string, unknown>) => void>();
  const events = new Map<string, () => void>();
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data));
    if (typeof message.id === 'number') answers.get(message.id)?.(message);
    else events.get(message.method)?.();
  });
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  let count = 0;
  return {
    send(method, params = {}) {
      count += 1;
      const id = count;
      socket.send(JSON.stringify({ id, method, params }));
      return new Promise((resolve, reject) => {
        answers.set(id, (answer) => {
          answers.delete(id);
          if (answer['error'] === undefined) resolve(answer['result'] as Record<string, unknown>);
          else reject(new Error(`${method}: ${JSON.stringify(answer['error'])}`));
        });
      });
    },
    next: (event) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${event} within ${LOAD_MS} ms`)), LOAD_MS);
        events.set(event, () => {
          clearTimeout(timer);
          events.delete(event);
          resolve();
        });
      }),
    close: () => socket.close(),
  };
}

/** A browser with a profile of its own, which is deleted at the end. */
export async function startChromium(): Promise<ChromiumPage> {
  const profile = await mkdtemp(join(tmpdir(), 'sallyport-chromium-'));
  const flags = ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'];
  const child = spawn(
    findChromium() ?? 'chromium',
    [...flags, '--ignore-certificate-errors', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const session = await connect(await endpointOf(child));
  child.stderr?.resume();
  await session.send('Page.enable');
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression });
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value?: unknown }).value;
  };
  const load = async (act: () => Promise<unknown>): Promise<void> => {
    const loaded = session.next('Page.loadEventFired');
    await Promise.all([loaded, act()]);
  };
  return {
    open: (url) => load(() => session.send('Page.navigate', { url })),
    click: (selector) => load(() => evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`)),
    url: async () => String(await evaluate('location.href')),
    text: async () => String(await evaluate('document.body.innerText')),
    evaluate,
    async close() {
      session.close();
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
