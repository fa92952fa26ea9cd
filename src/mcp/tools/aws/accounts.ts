import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { AppError } from '../../../kernel/app-error.ts';

// Other accounts, each by a role there that this system may assume. The roles are the operator's list; nobody who calls names one.

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** The SDK asks again shortly before `expiration`. */
export type CredentialsProvider = () => Promise<TemporaryCredentials>;

const SESSION_SECONDS = 3600;

/** `roles`: name to ARN. The platform's own credentials for `undefined`. Throws AppError `invalid_request` for a name that is not listed. */
export function createAccounts(options: { readonly region: string; readonly roles: ReadonlyMap<string, string> }) {
  let sts: STSClient | undefined;

  function assume(role: string): CredentialsProvider {
    return async () => {
      sts ??= new STSClient({ region: options.region, maxAttempts: 3 });
      const command = new AssumeRoleCommand({
        RoleArn: role,
        RoleSessionName: 'sallyport-reads',
        DurationSeconds: SESSION_SECONDS,
      });
      const { Credentials: given } = await sts.send(command, { abortSignal: AbortSignal.timeout(8000) });
      const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = given ?? {};
      const expiration = given?.Expiration;
      if (!accessKeyId || !secretAccessKey || !sessionToken || expiration === undefined) {
        throw new AppError('upstream_failed', 'AWS gave no credentials for the role.');
      }
      return { accessKeyId, secretAccessKey, sessionToken, expiration };
    };
  }

  return {
    names: [...options.roles.keys()],
    async credentialsFor(account: string | undefined): Promise<CredentialsProvider | undefined> {
      if (account === undefined) return undefined;
      const role = options.roles.get(account);
      if (role === undefined) throw new AppError('invalid_request', `No account is called "${account}".`);
      return assume(role);
    },
  };
}
