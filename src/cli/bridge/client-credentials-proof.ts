import { AppError } from '../../kernel/app-error.ts';
import { loginFileOf } from '../client/credentials.ts';
import { createIssuerClient, IssuerRefusal } from '../client/issuer.ts';
import type { Login } from '../client/login-file.ts';
import type { Transport } from '../client/transport.ts';
import { readDoorMetadata } from './door-metadata.ts';
import type { DoorAuth, DoorOptions } from './door-options.ts';
import type { ProofSetting } from './make-proof.ts';
import { demandPrivateRoad } from './plain-proofs.ts';
import type { Proof } from './proof.ts';

// The proof of a machine (RFC 6749 §4.4): a token for a client's own id and secret. It lies with the others in the file that only its owner can
// read, so that several bridges ask the issuer once.

type MachineAuth = Extract<DoorAuth, { kind: 'client_credentials' }>;

interface MachineSetting extends ProofSetting {
  readonly transport: Transport;
}

const EARLY_MS = 30_000;

/** RFC 6749 §2.3.1: both halves are form-encoded first. */
const encode = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
const basicOf = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;

export function createClientCredentialsProof(door: DoorOptions, auth: MachineAuth, setting: MachineSetting): Proof {
  const { environment, transport, nowMs } = setting;
  const file = loginFileOf(environment);
  const scope = auth.scopes?.join(' ');
  const key = [door.url, auth.clientId, scope].filter((part) => part !== undefined).join(' ');
  const client = createIssuerClient({ transport, nowMs });
  const isFresh = (login: Login | undefined): login is Login =>
    login !== undefined && login.expires_at_ms - nowMs() > EARLY_MS;

  async function issuerOf(): Promise<{ readonly issuer: string; readonly tokenUrl: string }> {
    if (auth.tokenUrl !== undefined) return { issuer: auth.issuer ?? auth.tokenUrl, tokenUrl: auth.tokenUrl };
    const issuer =
      auth.issuer ?? (await readDoorMetadata(new URL(door.url), undefined, transport)).authorization_servers[0];
    if (issuer === undefined) throw new AppError('misconfigured', 'It does not say who issues tokens. Set "issuer".');
    return { issuer, tokenUrl: (await client.discover(issuer)).tokenEndpoint };
  }

  async function request(): Promise<Login> {
    const { issuer, tokenUrl } = await issuerOf();
    const secret = await auth.clientSecret();
    const inForm = auth.clientAuth === 'post';
    const form = {
      grant_type: 'client_credentials',
      scope,
      resource: auth.resource,
      audience: auth.audience,
      ...(inForm && { client_id: auth.clientId, client_secret: secret }),
    };
    try {
      const token = await client.requestToken(tokenUrl, form, inForm ? undefined : basicOf(auth.clientId, secret));
      return {
        issuer,
        client_id: auth.clientId,
        token_endpoint: tokenUrl,
        access_token: token.accessToken,
        expires_at_ms: token.expiresAtMs,
      };
    } catch (cause) {
      if (!(cause instanceof IssuerRefusal)) throw cause;
      throw new AppError('unauthenticated', `The issuer gives this client no token (${cause.code}).`, { cause });
    }
  }

  async function token(refused?: string): Promise<string> {
    const usable = (login: Login | undefined): login is Login => isFresh(login) && login.access_token !== refused;
    const kept = await file.read(key);
    if (usable(kept)) return kept.access_token;
    const fresh = await file.update(key, async (now) => (usable(now) ? now : request()));
    return fresh?.access_token ?? '';
  }

  return {
    async prove({ url, headers }) {
      demandPrivateRoad(url);
      return { headers: { ...headers, authorization: `Bearer ${await token()}` } };
    },
    async renew({ status, authorization }) {
      if (status !== 401) return false;
      const refused = authorization?.replace(/^bearer +/i, '');
      return (await token(refused)) !== refused;
    },
  };
}
