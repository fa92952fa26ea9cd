import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '../../kernel/app-error.ts';
import { currentAuthorization, loginFileOf } from '../client/credentials.ts';
import { whileHolding } from '../client/held-lock.ts';
import { createIssuerClient, type IssuerClient, type IssuerMetadata, IssuerRefusal } from '../client/issuer.ts';
import { loginByBrowser } from '../client/login.ts';
import type { Login } from '../client/login-file.ts';
import type { Transport } from '../client/transport.ts';
import { configFolder } from '../config-file.ts';
import { challengeParameter, readDoorMetadata } from './door-metadata.ts';
import type { DoorAuth, DoorOptions } from './door-options.ts';
import type { ProofSetting } from './make-proof.ts';
import { demandPrivateRoad } from './plain-proofs.ts';
import type { Proof, Refusal } from './proof.ts';

// The proof of the OAuth door: the access token of a person who signed in with a browser (authorization code with PKCE). Tokens lie where
// `sallyport login` keeps its own, so that every bridge on this computer uses the same one, and refreshes it for all. Of any number of
// bridges that need a sign-in at once, one opens a tab; the others wait for what comes of it.

type SignInAuth = Extract<DoorAuth, { kind: 'oauth' }>;

interface SignInSetting extends ProofSetting {
  readonly transport: Transport;
}

/** After a sign-in that nobody finished no tab is opened for a while: a client that asks on its own would open one after the other. */
const REST_MS = 60_000;
const USUAL_SCOPES = ['openid', 'offline_access'];

const words = (text: string | undefined): readonly string[] => (text ?? '').split(' ').filter((word) => word !== '');

interface Way {
  readonly issuer: string;
  /** Nothing: this bridge makes itself known to the issuer. */
  readonly clientId: string | undefined;
  readonly scopes: readonly string[];
  readonly resource: string | undefined;
  readonly audience: string | undefined;
  readonly port: number | undefined;
}

/** What the configuration leaves open the door says itself. */
async function findWay(door: DoorOptions, auth: SignInAuth, refusal: Refusal, transport: Transport): Promise<Way> {
  // Who says in the settings how far a sign-in goes is asked for more by a tool that needs it, and not by the door as such.
  const isBounded = auth.scopes !== undefined && refusal.status !== 403;
  const asked = isBounded ? [] : words(challengeParameter(refusal.challenge, 'scope'));
  const own = { resource: auth.resource, audience: auth.audience, port: auth.port };
  if (auth.issuer !== undefined && auth.clientId !== undefined) {
    const scopes = [...(auth.scopes ?? USUAL_SCOPES), ...asked];
    return { ...own, issuer: auth.issuer, clientId: auth.clientId, scopes };
  }
  const document = await readDoorMetadata(new URL(door.url), refusal.challenge, transport);
  const logins = document.sallyport_logins.filter(({ issuer }) => auth.issuer === undefined || issuer === auth.issuer);
  const [login] = logins;
  const issuer = auth.issuer ?? login?.issuer ?? document.authorization_servers[0];
  const clientId = auth.clientId ?? login?.client_id;
  if (issuer === undefined) throw new AppError('misconfigured', 'It does not say who signs people in. Set "issuer".');
  const scopes = auth.scopes ?? login?.scopes ?? [...USUAL_SCOPES, ...document.scopes_supported];
  return {
    issuer,
    clientId,
    scopes: [...scopes, ...asked],
    resource: own.resource ?? login?.resource ?? (own.audience === undefined ? document.resource : undefined),
    audience: own.audience ?? login?.audience,
    port: own.port ?? login?.port,
  };
}

/** The file's key: another client or issuer is another sign-in. */
export const signInKey = (door: Pick<DoorOptions, 'url'>): string => door.url;

const lockPath = (environment: ProofSetting['environment'], door: DoorOptions): string => {
  const name = createHash('sha256').update(signInKey(door)).digest('hex').slice(0, 16);
  return join(configFolder(environment), `sign-in-${name}.lock`);
};

function explained(error: unknown): unknown {
  if (!(error instanceof IssuerRefusal)) return error;
  const said = error.code === 'access_denied' ? 'You said no in the browser, so nobody is signed in.' : error.message;
  return new AppError('unauthenticated', said, { cause: error });
}

export function createSignInProof(door: DoorOptions, auth: SignInAuth, setting: SignInSetting): Proof {
  const { environment, transport, nowMs } = setting;
  const file = loginFileOf(environment);
  const key = signInKey(door);
  const stepped = new Set<string>();
  let failed: { readonly atMs: number; readonly error: unknown } | undefined;
  let signedInAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<boolean> | undefined;

  async function present(refused?: string): Promise<string | undefined> {
    try {
      return await currentAuthorization({ environment, agentUrl: key, transport, nowMs, refused });
    } catch (error) {
      // A sign-in that is over is the same as none: the door is asked, and says who signs people in.
      if (error instanceof AppError && error.code === 'unauthenticated') return undefined;
      throw error;
    }
  }

  /** As which client this computer is known there already, or from now on. */
  async function registeredClient(way: Way, issuer: IssuerMetadata, client: IssuerClient): Promise<string> {
    const before = await file.read(key);
    if (before?.issuer === way.issuer) return before.client_id;
    if (issuer.registrationEndpoint === undefined) {
      throw new AppError('misconfigured', 'It does not say as which client to sign in. Set "client_id".');
    }
    // RFC 8252 §7.3: any port of the loopback address will do.
    const port = way.port === undefined ? '' : `:${way.port}`;
    const redirectUri = `http://127.0.0.1${port}/callback`;
    return client.register(issuer.registrationEndpoint, { name: 'Sallyport bridge', redirectUri });
  }

  async function signIn(refusal: Refusal): Promise<void> {
    const way = await findWay(door, auth, refusal, transport);
    const client = createIssuerClient({ transport, nowMs });
    const issuer = await client.discover(way.issuer);
    const clientId = way.clientId ?? (await registeredClient(way, issuer, client));
    const wish = { ...way, clientId, scopes: [...new Set(way.scopes)] };
    const open = (url: string): Promise<void> => setting.showAddress(url, auth.browser);
    const tokens = await loginByBrowser(issuer, wish, { client, nowMs, open, signal: setting.signal });
    const kept: Login = {
      issuer: way.issuer,
      client_id: clientId,
      token_endpoint: issuer.tokenEndpoint,
      revocation_endpoint: issuer.revocationEndpoint,
      resource: way.resource,
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      expires_at_ms: tokens.expiresAtMs,
    };
    await file.update(key, async () => kept);
  }

  /** What there is by now, else a refreshed one, else one that the person signs in for. */
  async function renewed(refusal: Refusal, needsMore: boolean): Promise<boolean> {
    const refused = refusal.authorization?.replace(/^bearer +/i, '');
    return whileHolding(lockPath(environment, door), setting.signal, async () => {
      const now = await present(needsMore ? undefined : refused);
      if (now !== undefined && now !== refused) return true;
      if (setting.mayAskPerson === false) return false;
      if (failed !== undefined && nowMs() - failed.atMs < REST_MS) throw failed.error;
      // A door that refuses what was just signed in for has another reason, and says it.
      if (!needsMore && nowMs() - signedInAtMs < REST_MS) return false;
      try {
        await signIn(refusal);
        failed = undefined;
        signedInAtMs = nowMs();
        return true;
      } catch (error) {
        failed = { atMs: nowMs(), error: explained(error) };
        throw failed.error;
      }
    });
  }

  return {
    async prove({ url, headers }) {
      demandPrivateRoad(url);
      const token = await present();
      return { headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` } };
    },
    async renew(refusal) {
      const needsMore = refusal.status === 403;
      if (needsMore) {
        // RFC 6750 §3.1. A person who was asked for more rights once and did not give them is not asked again and again.
        const scope = challengeParameter(refusal.challenge, 'scope') ?? '';
        const isStep = challengeParameter(refusal.challenge, 'error') === 'insufficient_scope' && scope !== '';
        if (!isStep || stepped.has(scope)) return false;
        stepped.add(scope);
      }
      running ??= renewed(refusal, needsMore).finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}
