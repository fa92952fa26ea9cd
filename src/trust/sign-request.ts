import { createSecretKey, type KeyObject } from 'node:crypto';
import { buildSignatureBase, computeDigest, computeHmac, type SignatureComponent } from './signature-base.ts';
import {
  alwaysCovered,
  coveredWhenPresent,
  coveredWithBody,
  EMPTY_QUERY,
  NONCE_BYTES,
  normalizeAuthority,
  SIGNATURE_ALGORITHM,
  SIGNATURE_TAG,
} from './signature-profile.ts';
import { serializeString } from './structured-field.ts';

// The agent's side of the second door: signs one request to the MCP API by the profile of `signature-profile.ts`.
// It reads no clock and makes no nonce; what it was not given it does not sign.

export interface RequestToSign {
  readonly method: string;
  /** Host and, unless it is 443, port of the MCP API. */
  readonly authority: string;
  /** The literal path, such as `/mcp`. There is no query. */
  readonly path: string;
  /** Lower-case names. Needs `authorization`, and `content-type` with a body. Others are sent as they are, unsigned. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  readonly keyId: string;
  /** The HMAC secret; a `KeyObject` saves making one for each request. */
  readonly secret: KeyObject | Uint8Array;
  /** Unix seconds. */
  readonly created: number;
  /** Optional: Unix seconds after which the signature must not be believed. */
  readonly expires?: number;
  /** 16 random bytes, never used twice. */
  readonly nonce: Uint8Array;
}

/** Headers to add to the request. */
export interface SignatureHeaders {
  readonly 'content-digest': string;
  readonly 'signature-input': string;
  readonly signature: string;
}

function coveredNames(request: RequestToSign): readonly string[] {
  const withBody = request.body.length > 0 ? [coveredWithBody] : [];
  const present = coveredWhenPresent.filter((name) => request.headers[name] !== undefined);
  return [...alwaysCovered, ...withBody, ...present];
}

function componentValue(name: string, request: RequestToSign, contentDigest: string): string {
  switch (name) {
    case '@method':
      return request.method;
    case '@authority':
      return normalizeAuthority(request.authority);
    case '@path':
      return request.path;
    case '@query':
      return EMPTY_QUERY;
    case 'content-digest':
      return contentDigest;
    default: {
      const value = request.headers[name]?.trim();
      if (value === undefined) throw new RangeError(`a request cannot be signed without ${name}`);
      if (!/^[\t\x20-\x7e]*$/.test(value)) throw new RangeError(`${name} cannot be signed: it is not printable ASCII`);
      return value;
    }
  }
}

/** Throws a RangeError on what this profile cannot sign: a missing header, a nonce of the wrong length. */
export function signRequest(request: RequestToSign): SignatureHeaders {
  if (request.nonce.length !== NONCE_BYTES) throw new RangeError(`a nonce is ${NONCE_BYTES} bytes`);
  const contentDigest = `sha-256=:${computeDigest(request.body).toString('base64')}:`;
  const components = coveredNames(request).map(
    (name): SignatureComponent => [`"${name}"`, componentValue(name, request, contentDigest)],
  );
  const expires = request.expires === undefined ? '' : `;expires=${request.expires}`;
  const signatureParams =
    `(${components.map(([identifier]) => identifier).join(' ')});created=${request.created}${expires}` +
    `;nonce="${Buffer.from(request.nonce).toString('base64url')}";keyid=${serializeString(request.keyId)}` +
    `;alg="${SIGNATURE_ALGORITHM}";tag="${SIGNATURE_TAG}"`;
  const key = request.secret instanceof Uint8Array ? createSecretKey(request.secret) : request.secret;
  const signature = computeHmac(buildSignatureBase(components, signatureParams), key);
  return {
    'content-digest': contentDigest,
    'signature-input': `sig=${signatureParams}`,
    signature: `sig=:${signature.toString('base64')}:`,
  };
}
