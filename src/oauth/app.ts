import { Hono } from 'hono';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { ConnectionVault, GoogleAuthorization, SignIn } from './ports.ts';
import type { OAuthSettings } from './settings.ts';

// The OAuth API: where a person says yes, and nobody can say it for them. It holds consent and runs no model and no tool.

export interface OAuthAppOptions {
  /** The OAuth API's view of the store. */
  readonly store: KeyValueStore;
  readonly vault: ConnectionVault;
  readonly google: GoogleAuthorization;
  /** Absent where only tokens prove who someone is. */
  readonly signIn?: SignIn;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly config: OAuthSettings;
}

export interface OAuthApp {
  /** `exchange.requestId` names the request in answers and logs; one is made up without it. */
  fetch(request: Request, exchange?: { readonly requestId: string }): Promise<Response>;
}

export function createOAuthApp(_options: OAuthAppOptions): OAuthApp {
  const app = new Hono();
  app.get('/health', (context) => context.json({ status: 'ok' }));
  return { fetch: async (request) => await app.fetch(request) };
}
