import { AppError } from '../../kernel/app-error.ts';
import { isLoopback } from '../client/proxy.ts';
import type { SignRequest } from '../client/sigv4.ts';
import type { Proof } from './proof.ts';

// Proofs that are no more than a header: a token, or AWS's signature.

/** A token in the clear is anybody's who sits in between. */
export function demandPrivateRoad(url: URL): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return;
  throw new AppError('misconfigured', `${url.origin} is not asked: only https:// keeps what is sent there private.`);
}

/** The token is read at each request: a file may hold a new one by then. */
export function createTokenProof(read: () => Promise<string>): Proof {
  return {
    async prove({ url, headers }) {
      demandPrivateRoad(url);
      return { headers: { ...headers, authorization: `Bearer ${await read()}` } };
    },
  };
}

/** `token` is the person's own beside AWS's word for who calls; it travels in a header of its own. */
export function createSigV4Proof(sign: SignRequest, token?: () => Promise<string>): Proof {
  return {
    async prove({ method, url, headers, body }) {
      demandPrivateRoad(url);
      const own = token === undefined ? {} : { authorization: `Bearer ${await token()}` };
      const signable = { method, url: url.href, headers: { ...headers, ...own }, ...(body !== undefined && { body }) };
      return { headers: await sign(signable) };
    },
  };
}

/** A door that lets everybody in: a server on this computer. */
export const noProof: Proof = { prove: async ({ headers }) => ({ headers }) };
