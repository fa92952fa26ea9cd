import * as z from 'zod';
import { oldestValueSeconds } from '../adapters/aws/parameter-store.ts';
import { createJsonLog, describeFault } from '../adapters/log/json-log.ts';
import { createRotation, type Rotation, type RotationReport, type RotationWish } from '../certificates/rotation.ts';
import { findAuthority } from '../certificates/truststore.ts';
import type { Config, Environment } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import { createSecret, type Secret } from '../kernel/secret.ts';
import type { CertificateSigner } from '../ports/certificate-signer.ts';
import type { Log } from '../ports/log.ts';
import { KEYRING_CACHE_SECONDS } from '../trust/keyring.ts';
import { formatSpiffeId } from '../trust/spiffe-id.ts';
import { readConfig } from './config.ts';
import { type Platform, systemPlatform } from './service-handler.ts';
import { openServiceStore } from './stores.ts';

// Builds the rotation as it runs on AWS: the authority's key in KMS, the document in Parameter Store, the keyring in the store. Nobody calls it by HTTP:
// a schedule does, and an operator with the right to invoke it. A failure is thrown, so that Lambda tries again and its alarms see it.

async function readMaster(config: Config<'rotate'>): Promise<Secret<Uint8Array>> {
  const master = Buffer.from((await config.secrets.read('SALLYPORT_HMAC_MASTER')).reveal(), 'base64url');
  if (master.length < 32) throw new AppError('misconfigured', 'SALLYPORT_HMAC_MASTER must be 32 bytes in base64url.');
  return createSecret(new Uint8Array(master));
}

async function readAuthorityOf(signer: CertificateSigner, truststore: string): Promise<string> {
  const authority = await findAuthority(truststore, signer);
  if (authority !== undefined) return authority.certificate;
  const what = 'SALLYPORT_AUTHORITY_CERTIFICATE holds no certificate of the key SALLYPORT_AUTHORITY_KMS_KEY_ID.';
  throw new AppError('misconfigured', `${what} Run \`make certs\` and deploy.`);
}

export interface ComposedRotation extends Rotation {
  close(): Promise<void>;
}

/** `runLimitSeconds`: after that long nothing is left of a run, whatever happened to it. */
export async function composeRotate(
  environment: Environment,
  platform: Platform,
  { log, runLimitSeconds }: { readonly log: Log; readonly runLimitSeconds: number },
): Promise<ComposedRotation> {
  const config = readConfig('rotate', environment, platform);
  const { settings } = config;
  const { clock, random } = platform;
  const { createKmsSigner } = await import('../adapters/aws/kms-signer.ts');
  const { createParameterDocument } = await import('../adapters/aws/parameter-document.ts');
  const signer = createKmsSigner({ keyId: settings.SALLYPORT_AUTHORITY_KMS_KEY_ID });
  const store = await openServiceStore('rotate', config, platform, log);
  const rotation = createRotation(
    {
      store,
      credentials: createParameterDocument({
        name: settings.SALLYPORT_CREDENTIALS_PARAMETER,
        keyId: settings.SALLYPORT_SECRETS_KMS_KEY_ID,
      }),
      authority: { signer, certificate: await readAuthorityOf(signer, settings.SALLYPORT_AUTHORITY_CERTIFICATE) },
      hmacMaster: await readMaster(config),
      clock,
      random,
      log,
    },
    {
      identity: formatSpiffeId({
        trustDomain: settings.SALLYPORT_TRUST_DOMAIN,
        environment: settings.SALLYPORT_ENVIRONMENT,
        agent: settings.SALLYPORT_AGENT,
      }),
      // The door's keyring, or the agent's parameter: whichever is kept longer.
      cacheSeconds: Math.max(KEYRING_CACHE_SECONDS, oldestValueSeconds(settings.SALLYPORT_PARAMETER_TTL_SECONDS)),
      runLimitSeconds,
      keyDays: settings.SALLYPORT_KEY_DAYS,
    },
  );
  // A store that is shared belongs to whoever shares it.
  const close = async (): Promise<void> => {
    if (platform.embeddedStore === undefined) await store.close();
  };
  return { ...rotation, close };
}

/** A schedule's event asks for nothing; what it holds besides is nobody's. */
const wishSchema = z.object({
  start: z.boolean().optional(),
  renew: z.boolean().optional(),
  replace: z
    .string()
    .regex(/^agent\/[A-Za-z0-9_-]+#\d{1,9}$/)
    .optional(),
});

export function parseWish(event: unknown): RotationWish {
  if (event === null || typeof event !== 'object' || Array.isArray(event)) return {};
  const wish = wishSchema.safeParse(event);
  if (!wish.success) {
    const what = 'Ask with {"start": true}, {"renew": true} or {"replace": "<key id>"}.';
    throw new AppError('invalid_request', what, { cause: wish.error });
  }
  const { start, renew, replace } = wish.data;
  return {
    ...(start === undefined ? {} : { start }),
    ...(renew === undefined ? {} : { renew }),
    ...(replace === undefined ? {} : { replace }),
  };
}

export interface RotateHandlerOptions {
  readonly environment: Environment;
  readonly platform?: Platform;
}

/** What the handler reads of Lambda's context. */
export interface RotateContext {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis(): number;
}

export type RotateHandler = (event: unknown, context: RotateContext) => Promise<RotationReport>;

/** A clock that is a little behind must not make a run look ended before it is. */
const RUN_LIMIT_MARGIN_SECONDS = 5;

/** Composed anew for each event: it comes every hour, and secrets may have changed in between. */
export function createRotateHandler({ environment, platform = systemPlatform }: RotateHandlerOptions): RotateHandler {
  const base = createJsonLog({
    clock: platform.clock,
    write: platform.writeLog,
    level: 'info',
    fields: { service: 'rotate', environment: environment['SALLYPORT_ENVIRONMENT'] ?? 'local' },
  });
  return async (event, context) => {
    const log = base.child({ request_id: context.awsRequestId });
    const runLimitSeconds = Math.ceil(context.getRemainingTimeInMillis() / 1000) + RUN_LIMIT_MARGIN_SECONDS;
    let composed: ComposedRotation | undefined;
    try {
      const wish = parseWish(event);
      composed = await composeRotate(environment, platform, { log, runLimitSeconds });
      return await composed.run(wish);
    } catch (error) {
      log.error('rotation.not_done', { cause: describeFault(error) });
      // The rotation counts its own failures; one that could not even be composed is counted here.
      if (composed === undefined) log.metric('RotationFailed', {});
      throw error;
    } finally {
      await composed?.close();
    }
  };
}
