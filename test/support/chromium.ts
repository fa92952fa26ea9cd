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
  reload(): Promise<void>;
  /** Clicks what the selector finds and waits for the page it leads to. */
  click(selector: string): Promise<void>;
  url(): Promise<string>;
  /** The page's words, as a person reads them. */
  text(): Promise<string>;
  evaluate(expression: string): Promise<unknown>;
  /** Until the expression is true in the page, whose own work it lets go on meanwhile. */
  waitFor(expression: string, ms?: number): Promise<void>;
  /** Types into what the selector finds, key by key as far as the page can tell. */
  type(selector: string, text: string): Promise<void>;
  /** One key, by its name (https://www.w3.org/TR/uievents-key/), where the focus is. */
  press(key: 'Enter' | 'Tab' | 'Escape' | ' ', shift?: boolean): Promise<void>;
  /** How wide and high the page is, and which colours it is asked for. */
  show(view: PageView): Promise<void>;
  /** A picture of what is seen, PNG. */
  picture(): Promise<Buffer>;
  /** The addresses that the page has asked for so far. */
  requests(): readonly string[];
  /** What the browser complains about: breaches of the content security policy, and errors that nobody caught. */
  complaints(): readonly string[];
  /** The addresses that this tab could go back to, its own included. */
  visited(): Promise<readonly string[]>;
  /** The page that this browser has opened beside this one, once its address holds the text. */
  beside(part: string): Promise<ChromiumPage>;
  close(): Promise<void>;
}

export interface PageView {
  readonly width: number;
  readonly height: number;
  readonly scheme?: 'light' | 'dark';
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
  on(event: string, handle: (parameters: Record<string, unknown>) => void): void;
  close(): void;
}

interface Target {
  readonly id: string;
  readonly type: string;
  readonly url: string;
  readonly webSocketDebuggerUrl: string;
}

/** The page whose address holds the text, once there is one. */
async function findPage(endpoint: URL, part: string): Promise<Target> {
  const endMs = Date.now() + LOAD_MS;
  for (;;) {
    const targets = (await (await fetch(`http://${endpoint.host}/json`)).json()) as Target[];
    const page = targets.find(({ type, url }) => type === 'page' && url.includes(part));
    if (page !== undefined) return page;
    if (Date.now() > endMs) throw new Error(`chromium has no page at ${part}: ${targets.map(({ url }) => url)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function connect(page: Target): Promise<Session> {
  const socket = new WebSocket(page.webSocketDebuggerUrl);
  const answers = new Map<number, (answer: Record<string, unknown>) => void>();
  const events = new Map<string, () => void>();
  const handlers = new Map<string, (parameters: Record<string, unknown>) => void>();
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data));
    if (typeof message.id === 'number') {
      answers.get(message.id)?.(message);
      return;
    }
    events.get(message.method)?.();
    handlers.get(message.method)?.(message.params);
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
    on: (event, handle) => void handlers.set(event, handle),
    close: () => socket.close(),
  };
}

/** Keys that do something, with the code and the text that a keyboard gives for them. */
const KEYS: Readonly<Record<string, { readonly code: number; readonly text?: string }>> = {
  Enter: { code: 13, text: '\r' },
  Tab: { code: 9 },
  Escape: { code: 27 },
  ' ': { code: 32, text: ' ' },
};

/** What the page asks for and complains about, from now on. */
async function watch(session: Session): Promise<{ readonly requests: string[]; readonly complaints: string[] }> {
  const requests: string[] = [];
  const complaints: string[] = [];
  session.on('Network.requestWillBeSent', ({ request }) => void requests.push((request as { url: string }).url));
  session.on('Log.entryAdded', ({ entry }) => {
    const { level, text, url } = entry as { level: string; text: string; url?: string };
    if (level === 'error') complaints.push(`${text} ${url ?? ''}`.trim());
  });
  session.on(
    'Runtime.exceptionThrown',
    ({ exceptionDetails }) => void complaints.push(JSON.stringify(exceptionDetails)),
  );
  await Promise.all(['Page', 'Network', 'Log', 'Runtime'].map((domain) => session.send(`${domain}.enable`)));
  return { requests, complaints };
}

/** What the browser answers about a page that is left while something is evaluated in it. */
const LEFT = /navigated or closed|context was destroyed|Cannot find context/;

async function drive(target: Target, endpoint: URL, end: () => Promise<void>): Promise<ChromiumPage> {
  const session = await connect(target);
  const { requests, complaints } = await watch(session);
  const evaluate = async (expression: string, awaitPromise = false): Promise<unknown> => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression, awaitPromise });
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value?: unknown }).value;
  };
  const load = async (act: () => Promise<unknown>): Promise<void> => {
    const loaded = session.next('Page.loadEventFired');
    await Promise.all([loaded, act()]);
  };
  return {
    open: (url) => load(() => session.send('Page.navigate', { url })),
    reload: () => load(() => session.send('Page.reload')),
    click: (selector) => load(() => evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`)),
    url: async () => String(await evaluate('location.href')),
    text: async () => String(await evaluate('document.body.innerText')),
    evaluate,
    async waitFor(expression, ms = LOAD_MS) {
      const until = `new Promise((resolve) => {
        const end = performance.now() + ${ms};
        const look = () => {
          if (${expression}) resolve('true');
          else if (performance.now() > end) resolve(document.body.innerText);
          else setTimeout(look, 30);
        };
        look();
      })`;
      const lastMs = Date.now() + ms;
      const look = (): Promise<unknown> =>
        evaluate(until, true).catch((error: unknown) => {
          // It went on to another page under our eyes: that one is looked at.
          if (!LEFT.test(String(error)) || Date.now() > lastMs) throw error;
          return look();
        });
      const seen = await look();
      if (seen !== 'true') throw new Error(`not within ${ms} ms: ${expression}\nThe page says:\n${String(seen)}`);
    },
    async type(selector, text) {
      await evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`);
      await session.send('Input.insertText', { text });
    },
    async press(key, shift = false) {
      const { code, text } = KEYS[key] ?? { code: 0 };
      const event = { key, code: key === ' ' ? 'Space' : key, windowsVirtualKeyCode: code, modifiers: shift ? 8 : 0 };
      const withText = text === undefined ? {} : { text };
      await session.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event, ...withText });
      await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
    },
    async show({ width, height, scheme = 'light' }) {
      await session.send('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        deviceScaleFactor: 1,
        mobile: width < 500,
      });
      const features = [{ name: 'prefers-color-scheme', value: scheme }];
      await session.send('Emulation.setEmulatedMedia', { features });
    },
    async picture() {
      const { data } = await session.send('Page.captureScreenshot', { format: 'png' });
      return Buffer.from(String(data), 'base64');
    },
    requests: () => [...requests],
    complaints: () => [...complaints],
    async visited() {
      const { entries } = await session.send('Page.getNavigationHistory');
      return (entries as { url: string }[]).map(({ url }) => url);
    },
    async beside(part) {
      const target = await findPage(endpoint, part);
      const close = async (): Promise<void> => {
        // Its own connection ends with it.
        await fetch(`http://${endpoint.host}/json/close/${target.id}`);
        await session.send('Page.bringToFront');
      };
      return drive(target, endpoint, close);
    },
    async close() {
      session.close();
      await end();
    },
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
  const endpoint = await endpointOf(child);
  child.stderr?.resume();
  return drive(await findPage(endpoint, ''), endpoint, async () => {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
}
