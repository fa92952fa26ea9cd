import type { AppError } from '../../kernel/app-error.ts';
import { isJsonObject } from '../../kernel/json-object.ts';

/** What the system calls a connection that failed, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`. The official client has names of its own. */
export function systemCode({ cause }: AppError): string | undefined {
  if (!isJsonObject(cause)) return undefined;
  const { name, code } = cause;
  return name === 'Error' && typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : undefined;
}

/** For the log: never the words of a fault, which may be a stranger's. */
export function causeOf(error: AppError): string {
  const { cause } = error;
  return systemCode(error) ?? (cause instanceof Error ? cause.name : typeof cause);
}
