import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/load.ts';
import { hasPython } from '../support/python.ts';
import { openServiceRoot, type ServiceRoot } from '../support/service-root.ts';
import { hasTerraform, type Plan, TERRAFORM_MS } from '../support/terraform.ts';

// The issuers of terraform/service as its functions read them: the one is written in HCL, the other checks JSON, and what was left out there
// must not arrive as null here.

const possible = hasTerraform('issuers in terraform/service') && hasPython('issuers in terraform/service');
const on = possible ? describe : describe.skip;

const okta = {
  issuer: 'https://example.okta.com/oauth2/aus1',
  alias: 'okta',
  audience: ['https://agent.example.com'],
  scopes: { plan: 'calendar.write weather.read' },
  login: { client_id: '0oa1', port: 8123 },
};
const cognito = {
  issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_a',
  alias: 'cognito',
  client_ids: ['1a2b'],
  token_use: 'access',
};

let root: ServiceRoot;
let plan: Plan;
if (possible) {
  beforeAll(async () => {
    root = await openServiceRoot();
    plan = await root.plan('dev', { issuers: [okta, cognito] });
  }, 2 * TERRAFORM_MS);
  afterAll(() => root.dispose());
}

function environmentOf(name: string): Readonly<Record<string, string>> {
  const planned = plan.values(`module.function["${name}"].aws_lambda_function.this`) as {
    readonly environment: readonly { readonly variables: Readonly<Record<string, string>> }[];
  };
  return planned.environment[0]?.variables ?? {};
}

on('issuers in terraform/service', () => {
  it.each([
    ['agent', 'agent'],
    ['stream', 'agent'],
    ['oauth', 'oauth'],
  ] as const)('arrive whole at %s', (name, service) => {
    const { settings } = loadConfig(service, environmentOf(name), () => Promise.reject(new Error('no secret is read')));
    expect(settings.SALLYPORT_ISSUERS).toEqual([
      {
        issuer: okta.issuer,
        alias: 'okta',
        audience: okta.audience,
        clientIds: [],
        scopes: { plan: ['calendar.write', 'weather.read'] },
        login: { clientId: '0oa1', scopes: ['openid', 'offline_access'], port: 8123 },
      },
      { issuer: cognito.issuer, alias: 'cognito', audience: [], clientIds: ['1a2b'], tokenUse: 'access', scopes: {} },
    ]);
  });

  it.each(['mcp', 'rotate'])('are no business of %s', (name) => {
    expect(environmentOf(name)).not.toHaveProperty('SALLYPORT_ISSUERS');
  });

  it(
    'that would let in tokens of others are refused before anything is planned',
    async () => {
      const { audience: _, ...nobody } = okta;
      await expect(root.plan('dev', { issuers: [nobody] })).rejects.toThrow(/needs an audience/);
      await expect(root.plan('dev', { issuers: [okta, okta] })).rejects.toThrow(/may be there once/);
    },
    TERRAFORM_MS,
  );
});
