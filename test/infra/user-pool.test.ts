import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createIssuerKeys } from '../../src/adapters/http/jwks.ts';
import { createOAuthDoor } from '../../src/mcp/doors/oauth-door.ts';
import type { OutsideClient } from '../../src/ports/outside-client.ts';
import type { IssuerProfile } from '../../src/trust/issuer-profile.ts';
import { createJwtVerifier } from '../../src/trust/jwt.ts';
import { identityKey } from '../../src/trust/person.ts';
import { createTestLog } from '../support/log.ts';
import { type Ministack, startMinistack } from '../support/ministack.ts';
import { hasPython, PYTHON_INSTALL_MS } from '../support/python.ts';
import { copyTerraform, hasTerraform, TERRAFORM_MS, type TerraformCopy } from '../support/terraform.ts';

// The user pool of terraform/modules/user-pool in an emulated Cognito, and its tokens at the OAuth door: somebody signs in at its page with PKCE and
// is let in; ID tokens, other clients and other pools are not. The emulator makes tokens as Cognito does: without an audience.

const RESOURCE = 'https://tools.dev.sallyport.example.com/mcp';
const BACK = 'http://127.0.0.1:8123/callback';
const EMAIL = 'alex@example.com';
const PASSWORD = 'A-long-Enough-passw0rd';
const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';

const ROOT = `
provider "aws" {
  region                      = "eu-central-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

module "user_pool" {
  source = "../modules/user-pool"

  clients = {
    bridge = { callback_urls = ["${BACK}"] }
    reader = { callback_urls = ["${BACK}"], scopes = ["calendar.read"] }
  }
  deletion_protection = false
  mfa                 = "OFF"
  name                = "sallyport-dev"
  resource            = "${RESOURCE}"
  scopes              = ["calendar.read", "calendar.write"]
  sign_in_prefix      = "sallyport-dev-test"
}

output "pool" {
  value = module.user_pool
}
`;

interface Pool {
  readonly id: string;
  readonly issuer: string;
  readonly client_ids: Readonly<Record<'bridge' | 'reader', string>>;
  readonly scopes: Readonly<Record<string, string>>;
}

interface Tokens {
  readonly access_token: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
  readonly error?: string;
}

const possible = hasTerraform('the user pool') && hasPython('the user pool');

(possible ? describe : describe.skip)('the user pool, applied', () => {
  let aws: Ministack;
  let copy: TerraformCopy;
  let pool: Pool;
  let sub: string;

  async function cognito(operation: string, input: object): Promise<Readonly<Record<string, unknown>>> {
    const answer = await fetch(aws.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        authorization: 'AWS4-HMAC-SHA256 Credential=test/20270101/eu-central-1/cognito-idp/aws4_request',
      },
      body: JSON.stringify(input),
    });
    if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
    return (await answer.json()) as Readonly<Record<string, unknown>>;
  }
  const askForToken = async (form: Readonly<Record<string, string>>): Promise<Tokens> => {
    const answer = await fetch(`${aws.endpoint}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
    return (await answer.json()) as Tokens;
  };
  /** As a browser does it, for a client that can keep no secret. */
  async function signIn(clientId: string, scope: string, given: { readonly verifier?: string } = {}): Promise<Tokens> {
    const verifier = randomBytes(32).toString('base64url');
    const form = new URLSearchParams({
      client_id: clientId,
      redirect_uri: BACK,
      response_type: 'code',
      scope,
      state: 'state',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      username: EMAIL,
      password: PASSWORD,
    });
    const answer = await fetch(`${aws.endpoint}/login`, { method: 'POST', body: form, redirect: 'manual' });
    const back = new URL(answer.headers.get('location') ?? `about:blank?${answer.status}`);
    return askForToken({
      grant_type: 'authorization_code',
      client_id: clientId,
      redirect_uri: BACK,
      code: back.searchParams.get('code') ?? '',
      code_verifier: given.verifier ?? verifier,
    });
  }

  beforeAll(async () => {
    aws = await startMinistack();
    copy = await copyTerraform({ root: 'pool', files: { 'pool/main.tf': ROOT }, env: aws.environment });
    const applied = await copy.run('apply', '-auto-approve', '-no-color');
    if (applied.code !== 0) throw new Error(applied.output);
    pool = JSON.parse((await copy.run('output', '-json', 'pool')).stdout) as Pool;
    const attributes = [
      { Name: 'email', Value: EMAIL },
      { Name: 'email_verified', Value: 'true' },
    ];
    const of = { UserPoolId: pool.id, Username: EMAIL };
    await cognito('AdminCreateUser', { ...of, UserAttributes: attributes, TemporaryPassword: PASSWORD });
    await cognito('AdminSetUserPassword', { ...of, Password: PASSWORD, Permanent: true });
    const user = await cognito('AdminGetUser', of);
    sub = (user['UserAttributes'] as { Name: string; Value: string }[]).find(({ Name }) => Name === 'sub')?.Value ?? '';
  }, TERRAFORM_MS + PYTHON_INSTALL_MS);
  afterAll(async () => {
    await copy?.dispose();
    await aws?.stop();
  });

  let profile: IssuerProfile;
  beforeEach(() => {
    // What terraform/service tells the door's function (test/infra/oauth-door.test.ts).
    profile = {
      alias: 'cognito',
      audience: [],
      clientIds: [pool.client_ids.bridge],
      issuer: pool.issuer,
      scopes: Object.fromEntries(Object.entries(pool.scopes).map(([theirs, ours]) => [theirs, [ours]])),
      tokenUse: 'access',
    };
  });

  /** The emulator in Cognito's place: its documents are where the issuer's address says. */
  const outside: OutsideClient = {
    send: async ({ url }) => {
      const answer = await fetch(url.replace(/^https:\/\/cognito-idp\.[^/]+/, aws.endpoint));
      return { status: answer.status, headers: {}, body: new Uint8Array(await answer.arrayBuffer()) };
    },
  };
  async function knock(token: string | undefined, linked = sub) {
    const clock = { nowMs: () => Date.now() };
    const log = createTestLog();
    const store = createMemoryStore({ clock });
    await store.set(identityKey(`oidc:cognito:${linked}`), JSON.stringify({ v: 1, person: PERSON }));
    const keysOf = ({ issuer }: IssuerProfile) => createIssuerKeys({ issuer, http: outside, clock, log });
    const door = createOAuthDoor({
      store,
      verifyJwt: createJwtVerifier({ issuers: [profile], keysOf, clock }),
      issuers: [profile],
      mcpUrl: RESOURCE,
      scopes: () => Object.values(pool.scopes),
      linkUrl: 'https://oauth.dev.sallyport.example.com/identities',
      log,
    });
    return door({
      ...{ method: 'POST', path: '/mcp', query: '', cookies: [], body: Buffer.from('{}'), domainName: 'tools' },
      ...{ apiId: 'api', stage: '$default', sourceIp: '127.0.0.1', requestId: 'request-1', remainingMs: 29_000 },
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  }
  const refusedFor = (reason: string) => ({
    ok: false,
    status: 401,
    reason,
    headers: { 'www-authenticate': expect.stringContaining('error="invalid_token"') },
  });

  it(
    'is made, and found unchanged by the next plan',
    async () => {
      const planned = await copy.run('plan', '-detailed-exitcode', '-no-color');
      expect({ code: planned.code, said: planned.code === 0 ? '' : planned.output }).toEqual({ code: 0, said: '' });
    },
    TERRAFORM_MS,
  );

  it('keeps no secret of a client in Terraform’s state', async () => {
    const { stdout } = await copy.run('show', '-json');
    const { values } = JSON.parse(stdout) as { readonly values: { readonly root_module: unknown } };
    const secrets = [...JSON.stringify(values).matchAll(/"client_secret":("[^"]*"|null)/g)].map(([, secret]) => secret);
    expect(secrets.length).toBeGreaterThan(0);
    expect(secrets.filter((secret) => secret !== '""' && secret !== 'null')).toEqual([]);
  });

  it('signs a person in with PKCE, whose token opens the door for the scopes that were asked for', async () => {
    const read = `${RESOURCE}/calendar.read`;
    const tokens = await signIn(pool.client_ids.bridge, `openid ${read}`);
    expect(await knock(tokens.access_token)).toMatchObject({
      ok: true,
      caller: {
        agent: `client/cognito/${pool.client_ids.bridge}`,
        door: 'oauth',
        person: PERSON,
        scopes: ['calendar.read'],
        tainted: true,
      },
    });
    const renewed = await askForToken({
      grant_type: 'refresh_token',
      client_id: pool.client_ids.bridge,
      refresh_token: tokens.refresh_token ?? '',
    });
    expect(await knock(renewed.access_token)).toMatchObject({ ok: true, caller: { scopes: ['calendar.read'] } });
  });

  it('gives no token to whoever has only seen the code', async () => {
    const stolen = await signIn(pool.client_ids.bridge, 'openid', { verifier: 'x'.repeat(43) });
    expect(stolen).toMatchObject({ error: 'invalid_grant' });
  });

  it('says at the door which of its scopes to ask for', async () => {
    expect(await knock(undefined)).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining(`scope="${Object.keys(pool.scopes).join(' ')}"`) },
    });
    const { access_token: bare } = await signIn(pool.client_ids.bridge, 'openid');
    expect(await knock(bare)).toMatchObject({
      status: 403,
      reason: 'jwt_scope',
      headers: { 'www-authenticate': expect.stringContaining('error="insufficient_scope"') },
    });
  });

  it('is not believed by its ID tokens, which are for the client', async () => {
    const { id_token: token } = await signIn(pool.client_ids.bridge, `openid ${RESOURCE}/calendar.read`);
    expect(token).toBeDefined();
    expect(await knock(token)).toMatchObject(refusedFor('jwt_token_use'));
  });

  it('is not believed by its refresh tokens, which are for itself', async () => {
    const { refresh_token: token } = await signIn(pool.client_ids.bridge, `openid ${RESOURCE}/calendar.read`);
    expect(await knock(token)).toMatchObject({ ok: false, status: 401 });
  });

  it('is believed about the clients that are named alone, those with a secret among them', async () => {
    const { access_token: reader } = await signIn(pool.client_ids.reader, `openid ${RESOURCE}/calendar.read`);
    expect(await knock(reader)).toMatchObject(refusedFor('jwt_client'));
    // As an operator makes one (docs/doors.md): a machine, which is nobody until it is linked.
    const { UserPoolClient: made } = await cognito('CreateUserPoolClient', {
      UserPoolId: pool.id,
      ClientName: 'nightly-report',
      GenerateSecret: true,
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: [`${RESOURCE}/calendar.read`],
    });
    const { ClientId: id, ClientSecret: secret } = made as { readonly ClientId: string; readonly ClientSecret: string };
    const { access_token: machine } = await askForToken({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
      scope: `${RESOURCE}/calendar.read`,
    });
    expect(await knock(machine)).toMatchObject(refusedFor('jwt_client'));
    profile = { ...profile, clientIds: [...profile.clientIds, id] };
    expect(await knock(machine, id)).toMatchObject({
      ok: true,
      caller: { agent: `client/cognito/${id}`, person: PERSON },
    });
  });

  it('is the one pool that is believed', async () => {
    const { UserPool: other } = await cognito('CreateUserPool', { PoolName: 'another' });
    const { access_token: token } = await signIn(pool.client_ids.bridge, `openid ${RESOURCE}/calendar.read`);
    profile = { ...profile, issuer: pool.issuer.replace(pool.id, (other as { readonly Id: string }).Id) };
    expect(await knock(token)).toMatchObject(refusedFor('jwt_issuer'));
  });
});
