import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { AppError } from '../../kernel/app-error.ts';
import { type AgentCredentials, parseCredentials } from '../../trust/credentials.ts';
import { mintDelegation } from '../../trust/delegation.ts';
import { signRequest } from '../../trust/sign-request.ts';
import { NONCE_BYTES, normalizeAuthority } from '../../trust/signature-profile.ts';
import type { OwnTls } from '../client/transport.ts';
import type { Proof } from './proof.ts';

// The proof of the agent door: a client certificate, a signature on every request, and a delegation for one person. The credentials document
// is read again when its file changes, so that a renewed certificate is used at once; a request is never made with halves of two.

export interface CertificateProofDeps {
  /** The document's text, as it is now. */
  readonly document: () => Promise<string>;
  /** The door's URL: what delegations name as `aud`. */
  readonly url: URL;
  /** Whom calls are for; of a bridge's certificate it is the person in it. */
  readonly person?: string | undefined;
  readonly scopes: readonly string[];
  readonly nowMs: () => number;
}

const DELEGATION_SECONDS = 60;

/** A file of credentials that others can read is nobody's secret. Windows has no such bits. */
export async function readCredentialsFile(path: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
      throw new AppError(
        'misconfigured',
        `${path} holds a private key and others can read it. Run \`chmod 600 ${path}\`.`,
      );
    }
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('misconfigured', `The credentials ${path} cannot be read.`, { cause });
  }
}

interface Generation {
  readonly text: string;
  readonly credentials: AgentCredentials;
  readonly tls: OwnTls;
}

function generationOf(text: string): Generation {
  const credentials = parseCredentials(text);
  const { certificate: cert, private_key: key, server_ca: ca } = credentials.document;
  return { text, credentials, tls: { cert, key, ...(ca !== undefined && { ca }) } };
}

export function createCertificateProof(deps: CertificateProofDeps): Proof {
  const authority = normalizeAuthority(deps.url.host);
  let kept: Generation | undefined;

  async function current(): Promise<Generation> {
    const text = await deps.document();
    if (kept?.text !== text) kept = generationOf(text);
    return kept;
  }

  function delegation({ certificate, privateKey }: AgentCredentials): string {
    const person = certificate.spiffeId.bridgePerson ?? deps.person;
    if (person === undefined) {
      throw new AppError('misconfigured', 'This certificate is an agent’s: say for which "person" it calls.');
    }
    return mintDelegation({
      certificate,
      privateKey,
      person,
      scopes: deps.scopes,
      // A bridge does not know the conversation behind a call.
      tainted: true,
      audience: deps.url.href,
      nowMs: deps.nowMs(),
      lifetimeSeconds: DELEGATION_SECONDS,
      random: randomBytes(16),
    });
  }

  return {
    async prove({ method, url, headers, body }) {
      const { credentials, tls } = await current();
      const { 'mcp-session-id': _none, ...sent } = headers;
      const withDelegation = { ...sent, authorization: `Bearer ${delegation(credentials)}` };
      const signature = signRequest({
        method,
        authority,
        path: url.pathname,
        headers: withDelegation,
        body: Buffer.from(body ?? ''),
        keyId: credentials.keyId,
        secret: credentials.hmacKey,
        created: Math.floor(deps.nowMs() / 1000),
        nonce: randomBytes(NONCE_BYTES),
      });
      return { headers: { ...withDelegation, ...signature, host: authority }, tls };
    },
  };
}
