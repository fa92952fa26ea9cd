import type * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import { createSecret, type Secret } from '../kernel/secret.ts';
import type { SecretSource } from '../ports/secrets.ts';
import type { Issuer } from './issuers.ts';
import { modelKeys, type SecretName, type SecretSetting, secretSettings } from './secret-settings.ts';
import { type Service, type Settings, settings } from './settings.ts';

// Reads one service's configuration from an environment. Every problem is reported at once, by name and never by value.

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Config<Name extends Service> {
  readonly settings: Settings<Name>;
  readonly secrets: {
    has(name: SecretName): boolean;
    /** Rejects with `misconfigured` when the secret was not given. */
    read(name: SecretName): Promise<Secret>;
  };
}

/** An empty value counts as absent: that is what an unset variable looks like in most shells and templates. */
function present(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === undefined || value === '' ? undefined : value;
}

/** The parameters that hold a service's secrets, without those that the environment gives as themselves. */
function parameterNames(service: Service, environment: Environment): readonly string[] {
  const entries: readonly [string, SecretSetting][] = Object.entries(secretSettings);
  return entries
    .filter(([name, setting]) => setting.services.includes(service) && present(environment, name) === undefined)
    .map(([name]) => present(environment, `${name}_PARAMETER`))
    .filter((parameter) => parameter !== undefined);
}

function missingSecrets(service: Service, environment: Environment): readonly string[] {
  const entries: readonly [string, SecretSetting][] = Object.entries(secretSettings);
  return entries
    .filter(([, setting]) => setting.services.includes(service) && setting.optional !== true)
    .filter(([name]) => present(environment, name) === undefined)
    .filter(([name]) => present(environment, `${name}_PARAMETER`) === undefined)
    .map(([name]) => `${name}: give it, or the name of its parameter as ${name}_PARAMETER`);
}

/** `oidc:<alias>:<sub>` names one person: an alias that stood for two issuers would let the one speak for the other. */
function sharedAliases(service: Service, values: Readonly<Record<string, unknown>>): readonly string[] {
  const issuers = values['SALLYPORT_ISSUERS'];
  if (service !== 'oauth' || !Array.isArray(issuers) || values['SALLYPORT_SIGN_IN_ISSUER'] === undefined) return [];
  const signIn = { alias: values['SALLYPORT_SIGN_IN_ALIAS'], issuer: values['SALLYPORT_SIGN_IN_ISSUER'] };
  return (issuers as readonly Issuer[])
    .filter(({ alias, issuer }) => (alias === signIn.alias) !== (issuer === signIn.issuer))
    .map(
      ({ alias }) =>
        `SALLYPORT_SIGN_IN_ALIAS: and the issuer ${alias} of SALLYPORT_ISSUERS must be one and the same, or differ in both`,
    );
}

function contradictions(service: Service, values: Readonly<Record<string, unknown>>): readonly string[] {
  const problems: string[] = [];
  if (values['SALLYPORT_ENVIRONMENT'] === 'prod' && values['SALLYPORT_CONFIRM'] === 'never') {
    problems.push('SALLYPORT_CONFIRM: `never` is refused in prod, where every write needs a person’s yes');
  }
  if (service === 'oauth' && values['SALLYPORT_SIGN_IN_ISSUER'] && !values['SALLYPORT_SIGN_IN_CLIENT_ID']) {
    problems.push('SALLYPORT_SIGN_IN_CLIENT_ID: needed with SALLYPORT_SIGN_IN_ISSUER');
  }
  problems.push(...sharedAliases(service, values));
  const issuers = values['SALLYPORT_ISSUERS'];
  if (values['SALLYPORT_DOOR'] === 'oauth' && Array.isArray(issuers) && issuers.length === 0) {
    problems.push('SALLYPORT_ISSUERS: needed at the OAuth door, which believes nobody else');
  }
  for (const name of ['SALLYPORT_STORE', 'SALLYPORT_CONVERSATIONS']) {
    if (values[name] !== 'dynamodb' || values['SALLYPORT_TABLE_PREFIX']) continue;
    problems.push(`SALLYPORT_TABLE_PREFIX: needed when ${name} is dynamodb`);
  }
  if (values['REDIS_CA'] && values['REDIS_CA_FILE']) {
    problems.push('REDIS_CA: give it or REDIS_CA_FILE, not both');
  }
  return problems;
}

function neededSecrets(
  service: Service,
  values: Readonly<Record<string, unknown>>,
  has: (name: SecretName) => boolean,
): readonly string[] {
  const problems: string[] = [];
  const need = (name: SecretName, when: boolean, why: string): void => {
    if (when && !has(name)) problems.push(`${name}: needed ${why}`);
  };
  need('REDIS_URL', values['SALLYPORT_STORE'] === 'redis', 'when SALLYPORT_STORE is redis');
  need('SALLYPORT_HMAC_MASTER', values['SALLYPORT_DOOR'] === 'agent', 'at the agent door');
  need('SALLYPORT_HMAC_MASTER', service === 'rotate', 'to derive the agent’s secret');
  const unwrapped = values['GOOGLE_CLIENT_ID'] !== undefined && values['SALLYPORT_VAULT_KMS_KEY_ID'] === undefined;
  need('SALLYPORT_VAULT_KEY', unwrapped, 'unless SALLYPORT_VAULT_KMS_KEY_ID names a key');
  const toolsets = values['SALLYPORT_TOOLSETS'];
  const pushes = service === 'mcp' && Array.isArray(toolsets) && toolsets.includes('notify');
  need('NTFY_TOPIC', pushes, 'for the toolset notify');
  const models = [values['SALLYPORT_MODEL'], values['SALLYPORT_MODEL_FALLBACKS']].flat();
  for (const [provider, key] of Object.entries(modelKeys)) {
    const named = models.find((model) => typeof model === 'string' && model.startsWith(`${provider}:`));
    need(key, named !== undefined, `for the model ${String(named)}`);
  }
  return problems;
}

/**
 * `parameters` reads Parameter Store and is built only when a `NAME_PARAMETER` is there.
 * Throws AppError `misconfigured` with all problems.
 */
export function loadConfig<Name extends Service>(
  service: Name,
  environment: Environment,
  parameters: (ttlSeconds: number) => Promise<SecretSource>,
): Config<Name> {
  const schema: z.ZodType<Settings<Name>> = settings[service] as never;
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  // Once in a process's life: generating code for it would take longer than running it.
  const parsed = schema.safeParse(given, { jitless: true });
  const values: Readonly<Record<string, unknown>> = parsed.success ? parsed.data : given;
  const has = (name: SecretName): boolean =>
    present(environment, name) !== undefined || present(environment, `${name}_PARAMETER`) !== undefined;
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)),
    ...missingSecrets(service, environment),
    ...contradictions(service, values),
    ...neededSecrets(service, values, has),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new AppError(
      'misconfigured',
      `The configuration of the ${service} service is not complete:\n- ${problems.join('\n- ')}`,
    );
  }
  const names = parameterNames(service, environment);
  let source: Promise<SecretSource> | undefined;
  const read = async (name: SecretName): Promise<Secret> => {
    const value = present(environment, name);
    if (value !== undefined) return createSecret(value);
    const parameter = present(environment, `${name}_PARAMETER`);
    if (parameter === undefined) throw new AppError('misconfigured', `${name} is not set.`);
    source ??= parameters(parsed.data.SALLYPORT_PARAMETER_TTL_SECONDS);
    // All of the service's together: one call to Parameter Store instead of one for each.
    const found = await (await source).read(names);
    const secret = found[parameter];
    if (secret === undefined) throw new AppError('misconfigured', `Parameter ${parameter} is missing.`);
    return secret;
  };
  return { settings: parsed.data, secrets: { has, read } };
}
