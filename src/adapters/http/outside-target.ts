import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { AppError } from '../../kernel/app-error.ts';
import { isPublicAddress } from './address-policy.ts';

// Where a request may go: public addresses over TLS, and the hosts that an operator has named. The name is resolved here and
// the connection is made to the address that was checked, so a name that answers differently a moment later gains nothing.

export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** One exchange's destination, checked as far as its text allows; `lookup` checks the rest when it connects. */
export interface OutsideTarget {
  readonly url: URL;
  readonly lookup: LookupFunction;
}

export type TargetPolicy = (text: string) => OutsideTarget;

const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true });

function refuseTarget(host: string, why: string): AppError {
  return new AppError('forbidden', `A request to ${host} was not sent: ${why}.`, { details: { reached: false } });
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new AppError('forbidden', 'A request was not sent: its address is not a URL.');
  if (url.username !== '' || url.password !== '') throw refuseTarget(url.host, 'its URL carries a user name');
  return url;
}

function createLookup(host: string, named: boolean, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    const give = (addresses: readonly LookupAddress[]): void => {
      const usable = addresses.filter((entry) => named || isPublicAddress(entry.address));
      const [first] = usable;
      if (first === undefined) callback(refuseTarget(host, 'its name leads to no public address'), []);
      else if (options.all === true) callback(null, usable);
      else callback(null, first.address, first.family);
    };
    resolve(hostname).then(give, (cause: NodeJS.ErrnoException) => callback(cause, []));
  };
}

/** `hosts` are the operator's exceptions: exactly `host` (any port) or `host:port`, as a URL spells them. */
export function createTargetPolicy(hosts: readonly string[], resolve: Resolve = resolveBySystem): TargetPolicy {
  const exceptions = new Set(hosts.map((host) => host.toLowerCase()));
  return (text) => {
    const url = parseUrl(text);
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    const named = exceptions.has(url.hostname) || exceptions.has(`${url.hostname}:${port}`);
    if (url.protocol !== 'https:' && !(named && url.protocol === 'http:'))
      throw refuseTarget(url.host, 'it is not https');
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (!named && isIP(literal) !== 0 && !isPublicAddress(literal)) {
      throw refuseTarget(url.host, 'its address is not public');
    }
    return { url, lookup: createLookup(url.host, named, resolve) };
  };
}
