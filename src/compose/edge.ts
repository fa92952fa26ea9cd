import { createOriginCheck } from '../adapters/http/origin-check.ts';
import type { Config } from '../config/load.ts';
import type { HttpApp } from '../ports/http.ts';
import type { Log } from '../ports/log.ts';

// The API as it is served behind an edge: only where a secret is shared with one.

export function behindEdge(app: HttpApp, config: Config<'agent'> | Config<'oauth'>, log: Log): HttpApp {
  const { secrets } = config;
  const name = 'SALLYPORT_ORIGIN_SECRET';
  return secrets.has(name) ? createOriginCheck(app, { secret: () => secrets.read(name), log }) : app;
}
