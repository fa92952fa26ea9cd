import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { JWK } from 'oidc-provider';
import { AppError } from '../../kernel/app-error.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import { damagedFile } from '../damaged.ts';
import { close, listen, portOf, readBody, sendHtml } from '../google/node-http.ts';
import type { Home } from '../home.ts';
import { issuerErrorPage, issuerPage } from './issuer-page.ts';
import { createIssuerKey, createIssuerProvider, INTERACTION_PATH, type IssuerAccount } from './issuer-provider.ts';
import { createIssuerRecords, type IssuerRecord, type IssuerRecords } from './issuer-records.ts';

// Where clients of the OAuth door sign their person in when no issuer is configured: on this machine only, and never in the bundle. It believes
// whoever picks an account, so it listens on loopback only, as the stand-in Google does.

export interface StandInIssuer {
  /** `http://127.0.0.1:<port>`. */
  readonly issuer: string;
  close(): Promise<void>;
}

export interface StandInIssuerOptions {
  readonly port: number;
  readonly resource: string;
  readonly scopes: readonly string[];
  /** The first is offered first. */
  readonly accounts: readonly [IssuerAccount, ...IssuerAccount[]];
  /** Keeps its key, its clients and their tokens from one start to the next. */
  readonly home: Home;
  readonly random: Random;
  readonly log: Log;
}

const HOST = '127.0.0.1';
const FILE = 'issuer.json';

interface SavedState {
  readonly v: 1;
  readonly signingKey: JWK;
  readonly records: readonly IssuerRecord[];
}

function readState(home: Home): SavedState | undefined {
  const text = home.read(FILE);
  if (text === undefined) return undefined;
  const mend = 'Remove it: clients of the OAuth door then sign in again.';
  try {
    const state: SavedState = JSON.parse(text);
    if (state.v === 1 && Array.isArray(state.records)) return state;
  } catch (cause) {
    throw damagedFile(home.path(FILE), mend, cause);
  }
  throw damagedFile(home.path(FILE), mend);
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

const words = (value: unknown): readonly string[] =>
  typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : [];

interface InteractionParts {
  readonly provider: Provider;
  readonly accounts: StandInIssuerOptions['accounts'];
  readonly resource: string;
}

function showPage({ accounts }: InteractionParts, details: Details, response: ServerResponse): void {
  const { params, uid } = details;
  const page = issuerPage({
    action: `${INTERACTION_PATH}/${uid}`,
    client: String(params['client_id']),
    returnsTo: URL.parse(String(params['redirect_uri']))?.origin ?? '',
    accounts,
    scopes: words(params['scope']),
  });
  sendHtml(response, 200, page);
}

/** All that was asked for, or nothing: what a token may do is the client's to ask for. */
async function consent({ provider, resource }: InteractionParts, details: Details, accountId: string): Promise<string> {
  const asked = words(details.params['scope']);
  const grant = new provider.Grant({ accountId, clientId: String(details.params['client_id']) });
  grant.addOIDCScope(asked.join(' '));
  grant.addResourceScope(resource, asked.join(' '));
  return grant.save();
}

async function interact(parts: InteractionParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { provider, accounts } = parts;
  const details = await provider.interactionDetails(request, response).catch(() => undefined);
  if (details === undefined) {
    sendHtml(response, 400, issuerErrorPage('session_not_found', 'This sign-in has ended. Start again from the app.'));
    return;
  }
  if (request.method !== 'POST') {
    showPage(parts, details, response);
    return;
  }
  const form = new URLSearchParams((await readBody(request)).toString('utf8'));
  if (form.get('decision') === 'deny') {
    const denied = { error: 'access_denied', error_description: 'The person said no.' };
    await provider.interactionFinished(request, response, denied, { mergeWithLastSubmission: false });
    return;
  }
  const accountId = accounts.find(({ sub }) => sub === form.get('account'))?.sub ?? accounts[0].sub;
  const grantId = await consent(parts, details, accountId);
  await provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId } });
}

/** RFC 8414's address beside OpenID Connect's: some clients know only that one. */
function asLibraryNamesIt(url: string): string {
  return url.startsWith('/.well-known/oauth-authorization-server') ? '/.well-known/openid-configuration' : url;
}

function keepState(home: Home, signingKey: JWK, records: IssuerRecords): () => void {
  return () => home.write(FILE, JSON.stringify({ v: 1, signingKey, records: records.all() } satisfies SavedState));
}

/** Throws AppError `misconfigured` when the port is in use. */
export async function createStandInIssuer(options: StandInIssuerOptions): Promise<StandInIssuer> {
  const { home, log, accounts, resource } = options;
  const saved = readState(home);
  const records = createIssuerRecords(saved?.records ?? []);
  const signingKey = saved?.signingKey ?? createIssuerKey();
  const server = createServer();
  await listen(server, options.port, HOST).catch((cause: unknown) => {
    const what = `The stand-in issuer could not listen on port ${options.port}. End what uses it, or choose other ports with SALLYPORT_PORT_BASE.`;
    throw new AppError('misconfigured', what, { cause });
  });
  const issuer = `http://${HOST}:${portOf(server)}`;
  const provider = createIssuerProvider({ ...options, issuer, records, signingKey });
  const provide = provider.callback();
  const save = keepState(home, signingKey, records);
  save();
  const parts = { provider, accounts, resource };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    request.url = asLibraryNamesIt(request.url ?? '/');
    // What was changed by a request is kept once it is answered: seldom, as clients come here to sign in only.
    response.on('finish', () => request.method === 'POST' && save());
    const answered = request.url.startsWith(`${INTERACTION_PATH}/`)
      ? interact(parts, request, response)
      : provide(request, response);
    Promise.resolve(answered).catch((error: unknown) => {
      log.error('stand_in_issuer_failed', { cause: error instanceof Error ? error.name : typeof error });
      response.destroy();
    });
  });
  return { issuer, close: () => close(server) };
}
