import { AppError } from '../../kernel/app-error.ts';
import { createTransport } from '../client/transport.ts';
import { createCertificateProof } from './certificate-proof.ts';
import type { DoorAuth, DoorOptions } from './door-options.ts';
import { createSigV4Proof, createTokenProof, noProof } from './plain-proofs.ts';
import type { Proof } from './proof.ts';

// The proof that a door's configuration asks for. What only one kind needs is loaded for that kind.

export interface ProofSetting {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly nowMs: () => number;
  /** Shows an address to the person, and opens it unless `open` is false. */
  readonly showAddress: (url: string, open: boolean) => Promise<void>;
  /** False: nobody is sent to a browser, whatever a door asks for. */
  readonly mayAskPerson?: boolean | undefined;
  /** Ends a sign-in that nobody waits for any more. */
  readonly signal: AbortSignal;
}

async function oauthProof(
  door: DoorOptions,
  auth: Extract<DoorAuth, { kind: 'oauth' | 'client_credentials' }>,
  setting: ProofSetting,
): Promise<Proof> {
  const transport = createTransport(setting.environment, undefined, door.tls);
  if (auth.kind === 'oauth') {
    const { createSignInProof } = await import('./sign-in-proof.ts');
    return createSignInProof(door, auth, { ...setting, transport });
  }
  const { createClientCredentialsProof } = await import('./client-credentials-proof.ts');
  return createClientCredentialsProof(door, auth, { ...setting, transport });
}

export async function makeProof(door: DoorOptions, setting: ProofSetting): Promise<Proof> {
  const { auth } = door;
  const url = new URL(door.url);
  switch (auth.kind) {
    case 'none':
      return noProof;
    case 'token':
      return createTokenProof(auth.token);
    case 'sigv4': {
      const { createSigV4Signer } = await import('../client/sigv4.ts');
      const { profile, region, token } = auth;
      const sign = createSigV4Signer({
        ...(profile !== undefined && { profile }),
        ...(region !== undefined && { region }),
      });
      return createSigV4Proof(sign, token);
    }
    case 'certificate':
      if (url.protocol !== 'https:') {
        throw new AppError('misconfigured', `${url.origin} takes no certificate: its address begins with https://.`);
      }
      return createCertificateProof({ ...auth, url, nowMs: setting.nowMs });
    case 'oauth':
    case 'client_credentials':
      return oauthProof(door, auth, setting);
  }
}
