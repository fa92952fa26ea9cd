import { AppError } from '../../kernel/app-error.ts';

// Which proxy a request goes through: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in capitals or not, as curl reads them. This machine's
// own addresses are never asked for through a proxy, which would then read the local system's tokens.

type Environment = Readonly<Record<string, string | undefined>>;

/** RFC 6761 §6.3: names under `localhost` are this machine's. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
}

const read = (environment: Environment, name: string): string | undefined =>
  environment[name.toLowerCase()] || environment[name] || undefined;

const portOf = (url: URL): string => url.port || (url.protocol === 'https:' ? '443' : '80');

/** One entry of NO_PROXY: `*`, a host and all below it, either with a port. */
function covers(entry: string, url: URL): boolean {
  if (entry === '*') return true;
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (port !== undefined && port !== portOf(url)) return false;
  const host = url.hostname.toLowerCase();
  const suffix = name.replace(/^\*?\./, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

function goesDirect(environment: Environment, url: URL): boolean {
  if (isLoopback(url.hostname)) return true;
  const entries = (read(environment, 'NO_PROXY') ?? '').toLowerCase().split(',');
  return entries.map((entry) => entry.trim()).some((entry) => covers(entry, url));
}

/** The proxy's address, or nothing where the request goes there itself. Throws AppError `misconfigured` for what is no HTTP proxy. */
export function proxyFor(environment: Environment, url: URL): URL | undefined {
  if (goesDirect(environment, url)) return undefined;
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = read(environment, name) ?? read(environment, 'ALL_PROXY');
  if (text === undefined) return undefined;
  const spelled = text.includes('://') ? text : `http://${text}`;
  const proxy = URL.canParse(spelled) ? new URL(spelled) : undefined;
  if (proxy === undefined || !['http:', 'https:'].includes(proxy.protocol)) {
    // Going there directly instead would show the request to a network that the person keeps it from.
    throw new AppError(
      'misconfigured',
      `${name} is no address of an HTTP proxy, such as http://proxy.example.com:3128.`,
    );
  }
  return proxy;
}
