import * as z from 'zod';
import { loginFileOf } from '../client/credentials.ts';
import { createIssuerClient } from '../client/issuer.ts';
import { createTransport } from '../client/transport.ts';
import type { CliContext } from '../context.ts';
import type { DoorOptions } from './door-options.ts';
import { signInKey } from './sign-in-proof.ts';

/** Ends a sign-in at an OAuth door: here, and at its issuer where that offers it (RFC 7009). False when there was none. */
export async function forgetSignIn(
  door: DoorOptions,
  { environment, warn }: Pick<CliContext, 'environment' | 'warn'>,
): Promise<boolean> {
  const file = loginFileOf(environment);
  const before = await file.read(signInKey(door));
  if (before === undefined) return false;
  await file.update(signInKey(door), async () => undefined);
  const { revocation_endpoint: url, refresh_token: token, client_id } = before;
  if (url === undefined || token === undefined) return true;
  const issuer = createIssuerClient({ transport: createTransport(environment, undefined, door.tls), nowMs: Date.now });
  await issuer
    .post(url, { token, token_type_hint: 'refresh_token', client_id }, z.unknown())
    .catch(() => warn('The sign-in provider could not be told; the token there ends by itself.'));
  return true;
}
