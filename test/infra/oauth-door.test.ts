import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/load.ts';
import { secretSettings } from '../../src/config/secret-settings.ts';
import { settings } from '../../src/config/settings.ts';
import { scopesOf } from '../../src/oauth/settings.ts';
import { outputs } from '../support/plan-reading.ts';
import { hasPython } from '../support/python.ts';
import { openServiceRoot, PLANNED_API_IDS, PLANNED_POOL, type ServiceRoot } from '../support/service-root.ts';
import { hasTerraform, listOf, type Plan, statementsOf, TERRAFORM_MS } from '../support/terraform.ts';

// The OAuth door in terraform/service: there only where it is wanted, with the rights of the other doors and no more, believing the issuers that
// are named and a Cognito pool of its own; and what its function reads of that, which is written in HCL and checked as JSON.

const possible =
  hasTerraform('the OAuth door in terraform/service') && hasPython('the OAuth door in terraform/service');
const on = possible ? describe : describe.skip;

const DOOR = 'https://tools.sallyport.example.com/mcp';
const work = { issuer: 'https://login.example.com', alias: 'work', typ: 'at+jwt' };
const okta = {
  issuer: 'https://example.okta.com/oauth2/aus1',
  alias: 'okta',
  audience: ['https://tools.example.com'],
  client_ids: ['0oa1'],
  scopes: { plan: 'calendar.write weather.read' },
};
const EVERYTHING = ['aws', 'aws-writes', 'calendar', 'golf', 'notify', 'weather'];
const course = {
  every_minutes: 10,
  first: '07:30',
  id: 'links',
  last: '17:00',
  name: 'Links',
  time_zone: 'Europe/Berlin',
};

let root: ServiceRoot;
/** Prod with a pool, and dev with issuers. */
let pooled: Plan;
let named: Plan;
if (possible) {
  beforeAll(async () => {
    root = await openServiceRoot();
    pooled = await root.plan('prod', {
      oauth_door: {
        cognito: {
          clients: { bridge: { callback_urls: ['http://127.0.0.1:8123/callback'], scopes: ['calendar.read'] } },
          confidential_clients: ['7f8g9h'],
          scopes: ['everything.read'],
        },
      },
      toolsets: EVERYTHING,
      tee_times: { courses: [course] },
      cors_origins: ['https://app.example.com'],
    });
    named = await root.plan('dev', { oauth_door: { issuers: [work, okta] } });
  }, 2 * TERRAFORM_MS);
  afterAll(() => root.dispose());
}

function environmentOf(plan: Plan, name: string): Readonly<Record<string, string>> {
  const planned = plan.values(`module.function["${name}"].aws_lambda_function.this`) as {
    readonly environment: readonly { readonly variables: Readonly<Record<string, string>> }[];
  };
  return planned.environment[0]?.variables ?? {};
}

const noSecrets = (): Promise<never> => Promise.reject(new Error('no secret is read'));
const routesOf = (plan: Plan, api: string): readonly string[] =>
  plan
    .resources('aws_apigatewayv2_route')
    .filter(({ address }) => address.startsWith(`module.api["${api}"]`))
    .map(({ values }) => String(values['route_key']))
    .sort();
const rightsOf = (plan: Plan, name: string) =>
  statementsOf(plan.values(`module.function["${name}"].aws_iam_role_policy.work`)['policy']);

on('the OAuth door in terraform/service', () => {
  it(
    'is not there unless it is wanted',
    async () => {
      const none = await root.plan('prod');
      expect(routesOf(none, 'mcp-oauth')).toEqual([]);
      expect(none.resources('aws_cognito_user_pool')).toEqual([]);
      expect(outputs(none)['oauth_door']?.value ?? null).toBeNull();
      expect(named.resources('aws_cognito_user_pool')).toEqual([]);
    },
    TERRAFORM_MS,
  );

  it('has a name of its own, asks for no certificate, and leaves no other way in', () => {
    expect(pooled.values('module.domain["mcp-oauth"].aws_apigatewayv2_domain_name.this')).toMatchObject({
      domain_name: 'tools.sallyport.example.com',
      domain_name_configuration: [{ security_policy: 'TLS_1_2' }],
      mutual_tls_authentication: [],
    });
    expect(pooled.values('module.api["mcp-oauth"].aws_apigatewayv2_api.this')).toMatchObject({
      disable_execute_api_endpoint: true,
    });
    expect(pooled.values('module.api["mcp-oauth"].aws_lambda_permission.api')).toMatchObject({
      function_name: 'sallyport-prod-mcp-oauth',
      principal: 'apigateway.amazonaws.com',
      qualifier: 'live',
    });
  });

  it('serves what the other doors serve, and its metadata under both names', () => {
    expect(routesOf(pooled, 'mcp-oauth')).toEqual(
      [
        ...routesOf(pooled, 'mcp'),
        'ANY /.well-known/oauth-protected-resource',
        'ANY /.well-known/oauth-protected-resource/mcp',
      ].sort(),
    );
  });

  it('is the function’s configuration, whole and with nothing that it does not know', () => {
    const given = environmentOf(pooled, 'mcp-oauth');
    expect(given).toMatchObject({
      SALLYPORT_API_ID: PLANNED_API_IDS['mcp-oauth'],
      SALLYPORT_CORS_ORIGINS: 'https://app.example.com',
      SALLYPORT_DOOR: 'oauth',
      SALLYPORT_MCP_URL: DOOR,
      REDIS_URL_PARAMETER: '/sallyport/prod/redis-url/mcp-oauth',
    });
    // It checks no signature, so it holds nothing that one is made with.
    expect(given['SALLYPORT_HMAC_MASTER_PARAMETER']).toBeUndefined();
    for (const plan of [pooled, named]) {
      const environment = environmentOf(plan, 'mcp-oauth');
      expect(() => loadConfig('mcp', environment, noSecrets)).not.toThrow();
      const known = [
        ...Object.keys(settings.mcp.shape),
        ...Object.keys(secretSettings).map((secret) => `${secret}_PARAMETER`),
      ];
      expect(known).toEqual(expect.arrayContaining(Object.keys(environment)));
      const bytes = Object.entries(environment).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
      expect(bytes).toBeLessThan(4096);
    }
  });

  it('believes the pool’s clients by their scopes at this door, each of a tool here', () => {
    const { issuers } = {
      issuers: loadConfig('mcp', environmentOf(pooled, 'mcp-oauth'), noSecrets).settings.SALLYPORT_ISSUERS,
    };
    const ours = [...Object.keys(scopesOf(EVERYTHING)), 'everything.read'];
    expect(issuers).toEqual([
      {
        alias: 'cognito',
        audience: [],
        clientIds: [PLANNED_POOL.client, '7f8g9h'],
        issuer: PLANNED_POOL.issuer,
        login: undefined,
        scopes: Object.fromEntries(ours.map((scope) => [`${DOOR}/${scope}`, [scope]])),
        tokenUse: 'access',
      },
    ]);
  });

  it('believes named issuers, for this door unless something else is said, and no other door of them', () => {
    const read = loadConfig('mcp', environmentOf(named, 'mcp-oauth'), noSecrets).settings.SALLYPORT_ISSUERS;
    expect(read).toMatchObject([
      { ...work, audience: ['https://tools.dev.sallyport.example.com/mcp'] },
      {
        issuer: okta.issuer,
        audience: okta.audience,
        clientIds: ['0oa1'],
        scopes: { plan: ['calendar.write', 'weather.read'] },
      },
    ]);
    for (const name of ['agent', 'calls', 'mcp', 'mcp-key', 'oauth'])
      expect(environmentOf(named, name)).not.toHaveProperty('SALLYPORT_ISSUERS');
  });

  it('may do what the key door may, with its own part of the records and its own parameters', () => {
    // Dev has both doors, over tables.
    const rights = (name: string) =>
      rightsOf(named, name).map(({ Sid, Action, Resource }) => `${Sid} ${listOf(Action)} ${listOf(Resource)}`);
    const records = (one: string): boolean => one.includes(':table/');
    expect(rights('mcp-oauth').filter((one) => !records(one))).toEqual(
      rights('mcp-key').filter((one) => !records(one)),
    );
    const keysOf = (name: string) =>
      rightsOf(named, name).flatMap(({ Condition }) =>
        listOf(
          Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ??
            Condition?.['ForAllValues:StringEquals']?.['dynamodb:LeadingKeys'],
        ),
      );
    expect(keysOf('mcp-oauth').some((key) => key.startsWith('identity:'))).toBe(true);
    for (const other of ['token:', 'nonce:', 'keyring', 'revocations'])
      expect(keysOf('mcp-oauth').filter((key) => key.startsWith(other))).toEqual([]);
  });
});

on('its user pool', () => {
  it('lets nobody sign up, asks for a second factor, and is protected where people rely on it', async () => {
    expect(pooled.values('module.user_pool[0].aws_cognito_user_pool.this')).toMatchObject({
      admin_create_user_config: [{ allow_admin_create_user_only: true }],
      deletion_protection: 'ACTIVE',
      mfa_configuration: 'ON',
      name: 'sallyport-prod',
      software_token_mfa_configuration: [{ enabled: true }],
    });
  });

  it('has no client with a secret, and none that gets a token without a code', () => {
    const clients = pooled.resources('aws_cognito_user_pool_client').map(({ values }) => values);
    expect(clients).toHaveLength(1);
    expect(clients[0]).toMatchObject({
      allowed_oauth_flows: ['code'],
      allowed_oauth_scopes: [`${DOOR}/calendar.read`, 'openid'],
      callback_urls: ['http://127.0.0.1:8123/callback'],
      enable_token_revocation: true,
      explicit_auth_flows: ['ALLOW_REFRESH_TOKEN_AUTH'],
      generate_secret: false,
      prevent_user_existence_errors: 'ENABLED',
    });
  });

  it('makes tokens for this door: its address is the resource that clients name', () => {
    expect(pooled.values('module.user_pool[0].aws_cognito_resource_server.door')).toMatchObject({ identifier: DOOR });
    expect(pooled.values('module.user_pool[0].aws_cognito_user_pool_domain.this')).toMatchObject({
      domain: expect.stringMatching(/^sallyport-prod-[0-9a-f]{10}$/),
    });
  });

  it('is told to whoever sets up a client, without a secret', () => {
    expect(outputs(named)['oauth_door']?.value).toMatchObject({
      url: 'https://tools.dev.sallyport.example.com/mcp',
      issuers: [work.issuer, okta.issuer],
      scopes: ['calendar.read', 'calendar.write'],
      cognito: null,
    });
  });
});

on('an OAuth door that would let in somebody else', () => {
  const clients = { editor: { callback_urls: ['https://editor.example.com/back'] } };
  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['believes nobody', { oauth_door: {} }, /needs issuers or cognito/],
    ['has a pool for no client', { oauth_door: { cognito: {} } }, /needs clients or confidential_clients/],
    ['takes tokens of any client', { oauth_door: { issuers: [{ ...work, token_use: 'access' }] } }, /token_use/],
    ['has an issuer twice', { oauth_door: { issuers: [work, work] } }, /may be there once/],
    [
      'gives two issuers one alias',
      { oauth_door: { issuers: [work, { ...okta, alias: 'work' }] } },
      /an alias must name one issuer/,
    ],
    [
      'gives its pool the alias of the Agent API’s issuer',
      { issuers: [{ ...okta, alias: 'cognito' }], oauth_door: { cognito: { clients } } },
      /an alias must name one issuer/,
    ],
    [
      'gives an issuer the alias of the sign-in',
      {
        oauth_door: { issuers: [{ ...work, alias: 'google' }] },
        sign_in_client_id: 'sallyport',
        sign_in_issuer: 'https://accounts.google.com',
      },
      /an alias must name one issuer/,
    ],
  ])(
    'is refused before anything is planned: one that %s',
    async (_what, vars, words) => {
      await expect(root.plan('dev', vars)).rejects.toThrow(words);
    },
    TERRAFORM_MS,
  );
});
