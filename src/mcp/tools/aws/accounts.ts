import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { AppError } from '../../../kernel/app-error.ts';
import type { Clock } from '../../../ports/clock.ts';

// Other accounts, each by a role there that this system may assume. The roles are the operator's list; nobody who calls names one.

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** The SDK asks again shortly before `expiration`. */
export type CredentialsProvider = () => Promise<TemporaryCredentials>;
/** Keys without an end have no session. */
export type OwnCredentials = () => Promise<
  Omit<TemporaryCredentials, 'sessionToken'> & { readonly sessionToken?: string }
>;

const SESSION_SECONDS = 3600;
/** The SDK asks again five minutes before credentials end; nobody is given any that are nearer to it. */
const FRESH_MS = 6 * 60_000;
const TIMEOUT_MS = 8000;

export interface AccountsOptions {
  readonly region: string;
  /** Name to ARN. */
  readonly roles: ReadonlyMap<string, string>;
  /** In place of the platform's own: for `undefined`, and for assuming the roles. */
  readonly credentials?: OwnCredentials;
  /** ARN of a role for `undefined`: what the platform itself may do is none of these tools' business then. */
  readonly ownRole?: string;
  /** In CloudTrail, what was done with a role has this name. */
  readonly sessionName?: string;
  readonly clock?: Clock;
  /** In place of one of its own. */
  readonly sts?: STSClient;
}

const systemClock: Clock = { nowMs: () => Date.now() };

/** AWS's word for roles that do not let this caller in, which it does not tell from roles that are not there. */
const isRefusal = (error: unknown): boolean => error instanceof Error && /^AccessDenied/.test(error.name);

/** The platform's own credentials for `undefined`. Throws AppError `invalid_request` for a name that is not listed. */
export function createAccounts(options: AccountsOptions) {
  const { credentials, ownRole, sessionName = 'sallyport-reads', clock = systemClock } = options;
  let { sts } = options;
  const assumed = new Map<string, Promise<TemporaryCredentials>>();

  async function ask(role: string, whose: string): Promise<TemporaryCredentials> {
    sts ??= new STSClient({ region: options.region, maxAttempts: 3, ...(credentials && { credentials }) });
    const command = new AssumeRoleCommand({
      RoleArn: role,
      RoleSessionName: sessionName,
      DurationSeconds: SESSION_SECONDS,
    });
    const { Credentials: given } = await sts
      .send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) })
      .catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
        const message = `The role of ${whose} cannot be assumed: allow this server sts:AssumeRole on it, and let the role trust this server.`;
        throw new AppError('forbidden', message, { cause: error });
      });
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = given ?? {};
    const expiration = given?.Expiration;
    if (!accessKeyId || !secretAccessKey || !sessionToken || expiration === undefined) {
      throw new AppError('upstream_failed', 'AWS gave no credentials for the role.');
    }
    return { accessKeyId, secretAccessKey, sessionToken, expiration };
  }

  /** One session for the clients of all services. */
  function assume(role: string, whose: string): CredentialsProvider {
    return async () => {
      const before = assumed.get(role);
      if (before !== undefined) {
        const known = await before.catch(() => undefined);
        if (known !== undefined && known.expiration.getTime() - clock.nowMs() > FRESH_MS) return known;
        // Somebody else saw the same, and has asked already.
        const since = assumed.get(role);
        if (since !== undefined && since !== before) return since;
      }
      const asked = ask(role, whose);
      assumed.set(role, asked);
      return asked;
    };
  }

  return {
    names: [...options.roles.keys()],
    async credentialsFor(account: string | undefined): Promise<OwnCredentials | undefined> {
      if (account === undefined) return ownRole === undefined ? credentials : assume(ownRole, 'this account');
      const role = options.roles.get(account);
      if (role === undefined) throw new AppError('invalid_request', `No account is called "${account}".`);
      return assume(role, `account ${account}`);
    },
  };
}
