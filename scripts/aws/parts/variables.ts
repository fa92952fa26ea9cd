import { existsSync, readFileSync } from 'node:fs';
import type { EnvironmentName } from './environment.ts';
import type { ModelProvider, SecretForm } from './secret-forms.ts';
import { variableFile } from './terraform.ts';

// The few of an environment's values that a command must know before anything is deployed. Terraform reads the file as a whole; this reads
// single assignments at the left margin, which is how the files are written.

export interface ServiceValues {
  readonly store: 'redis' | 'dynamodb';
  /** PEM text of the authority behind Redis, where that is a private one. */
  readonly redisCa: string | undefined;
  readonly domain: string | undefined;
  readonly trustDomain: string | undefined;
  readonly zoneId: string | undefined;
  /** As `agent/<name>`; the first of the list. */
  readonly agent: string;
  /** Whether this secret is needed with these values. */
  readonly needs: (form: SecretForm) => boolean;
}

/** The certificate of an assignment, a text of one line or of several. */
function readRedisCa(text: string): string | undefined {
  const given =
    /^redis_ca[ \t]*=[ \t]*(?:<<-?\w+\s+|")(-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----)/m.exec(text);
  return given?.[1]?.replaceAll('\\n', '\n').replace(/^[ \t]+/gm, '');
}

export function readServiceValues(environment: EnvironmentName): ServiceValues {
  const file = variableFile(environment, 'service');
  return serviceValuesOf(existsSync(file) ? readFileSync(file, 'utf8') : '');
}

/** `text`: an environment's `.tfvars`. */
export function serviceValuesOf(text: string): ServiceValues {
  const raw = (name: string): string | undefined =>
    new RegExp(`^${name}[ \\t]*=[ \\t]*([^\\n]*)`, 'm')
      .exec(text)?.[1]
      ?.replace(/\s+(?:#|\/\/).*$/, '')
      .trim();
  const quoted = (name: string): string | undefined => /"([^"]*)"/.exec(raw(name) ?? '')?.[1];
  const isGiven = (name: string): boolean => raw(name) !== undefined && raw(name) !== 'null';
  const listed = (name: string): string =>
    new RegExp(`^${name}[ \\t]*=[ \\t]*\\[([^\\]]*)\\]`, 'm').exec(text)?.[1] ?? '';
  /** Of one line, or a block whose end stands at the left margin. */
  const block = (name: string): string =>
    new RegExp(`^${name}[ \\t]*=[ \\t]*\\{(?:[^\\n]*\\}|[\\s\\S]*?^\\})`, 'm').exec(text)?.[0] ?? '';
  const isToolset = (name: string): boolean => listed('toolsets').includes(`"${name}"`);
  const fallbacks = listed('model_fallbacks');
  const asks = (provider: ModelProvider): boolean =>
    quoted('model')?.startsWith(`${provider}:`) === true || fallbacks.includes(`"${provider}:`);
  const domain = quoted('domain');
  const store = quoted('store') === 'dynamodb' ? 'dynamodb' : 'redis';
  const needed: Readonly<Record<NonNullable<SecretForm['when']>, boolean>> = {
    redis: store === 'redis',
    'key-door': store === 'redis' && raw('key_door') === 'true',
    'oauth-door': store === 'redis' && isGiven('oauth_door'),
    openai: asks('openai'),
    anthropic: asks('anthropic'),
    gemini: asks('gemini'),
    deepseek: asks('deepseek'),
    'sign-in': isGiven('sign_in_issuer'),
    edge: isGiven('edge'),
    slack: raw('slack') === 'true',
    notify: isToolset('notify'),
    'tee-times-key': isToolset('golf') && /\bkey\s*=\s*true\b/.test(block('tee_times')),
    'server-secrets': /\bsecrets\s*=\s*true\b/.test(block('servers')),
    'ntfy-token': isToolset('notify') && /\btoken\s*=\s*true\b/.test(block('ntfy')),
  };
  return {
    store,
    redisCa: readRedisCa(text),
    domain,
    trustDomain: quoted('trust_domain') ?? domain,
    zoneId: quoted('zone_id'),
    agent: /"(agent\/[a-z0-9-]+)"/.exec(text.slice(Math.max(0, text.search(/^agents\s*=/m))))?.[1] ?? 'agent/assistant',
    needs: ({ when }) => when === undefined || needed[when],
  };
}
