import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { accept, type Result, refuse } from '../kernel/result.ts';
import { encodeUlid } from '../kernel/ulid.ts';
import { PERSON_PATTERN } from './person.ts';
import { SCOPE_PATTERN } from './scope.ts';

// Tokens of ours: `sp_<id>_<secret>`. The id is a ULID that finds the record, the secret 32 random bytes of which only the hash is kept.
// A token serves one audience. Key: `token:<id>`. Shown once, when it is made or made anew: a rotation keeps the id and changes the secret, and for a
// while both are accepted, so that whoever uses it need not stop. Revoking the id ends both.

export const tokenAudiences = ['agent', 'mcp', 'confirm'] as const;
export type TokenAudience = (typeof tokenAudiences)[number];

export const MAX_RATE = 100_000;

export const tokenRecord = z.object({
  v: z.literal(1),
  id: z.string(),
  /** SHA-256 of the secret part, base64url. A fast hash is enough: the secret is 256 random bits. */
  hash: z.string(),
  person: z.string().regex(PERSON_PATTERN),
  audience: z.enum(tokenAudiences),
  scopes: z.array(z.string().regex(SCOPE_PATTERN)),
  /** Unix seconds. */
  created_at: z.number().int(),
  expires_at: z.number().int(),
  revoked_at: z.number().int().optional(),
  /** The secret before the last rotation, which is accepted until then. */
  previous: z.object({ hash: z.string(), until: z.number().int() }).optional(),
  rotated_at: z.number().int().optional(),
  /** Requests a minute at the key door, in place of that door's own limit. */
  rate: z.number().int().min(1).max(MAX_RATE).optional(),
});
export type TokenRecord = z.infer<typeof tokenRecord>;

export const tokenKey = (id: string): string => `token:${id}`;

const TOKEN_PATTERN = /^sp_([0-7][0-9A-HJKMNP-TV-Z]{25})_([A-Za-z0-9_-]{43})$/;

function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

export interface NewToken {
  readonly person: string;
  readonly audience: TokenAudience;
  readonly scopes: readonly string[];
  readonly nowMs: number;
  readonly lifetimeSeconds: number;
  /** Requests a minute at the key door. */
  readonly rate?: number | undefined;
  /** 42 random bytes: 10 for the id, 32 for the secret. */
  readonly random: Uint8Array;
}

export function createToken(request: NewToken): { readonly text: string; readonly record: TokenRecord } {
  if (request.random.length < 42) throw new RangeError('a token needs 42 random bytes');
  const id = encodeUlid(request.nowMs, request.random.subarray(0, 10));
  const secret = Buffer.from(request.random.subarray(10, 42)).toString('base64url');
  const now = Math.floor(request.nowMs / 1000);
  return {
    text: `sp_${id}_${secret}`,
    record: {
      v: 1,
      id,
      hash: hashSecret(secret).toString('base64url'),
      person: request.person,
      audience: request.audience,
      scopes: [...request.scopes],
      created_at: now,
      expires_at: now + request.lifetimeSeconds,
      ...(request.rate === undefined ? {} : { rate: request.rate }),
    },
  };
}

export interface TokenRotation {
  readonly nowMs: number;
  /** How long the secret of before is still accepted. */
  readonly overlapSeconds: number;
  /** From now on. */
  readonly lifetimeSeconds: number;
  /** 32 random bytes. */
  readonly random: Uint8Array;
}

/** Another secret for the same token. The one of before lives on for the overlap, though never longer than it would have. */
export function rotateToken(
  record: TokenRecord,
  { nowMs, overlapSeconds, lifetimeSeconds, random }: TokenRotation,
): { readonly text: string; readonly record: TokenRecord } {
  if (random.length < 32) throw new RangeError('a token needs 32 random bytes');
  const secret = Buffer.from(random.subarray(0, 32)).toString('base64url');
  const now = Math.floor(nowMs / 1000);
  const until = Math.min(now + overlapSeconds, record.expires_at);
  const { previous: _ended, ...kept } = record;
  return {
    text: `sp_${record.id}_${secret}`,
    record: {
      ...kept,
      hash: hashSecret(secret).toString('base64url'),
      ...(until > now ? { previous: { hash: record.hash, until } } : {}),
      rotated_at: now,
      expires_at: now + lifetimeSeconds,
    },
  };
}

/** The id and secret in a token's text, or nothing when it is not one of ours. */
export function parseToken(text: string): { readonly id: string; readonly secret: string } | undefined {
  const match = TOKEN_PATTERN.exec(text);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { id: match[1], secret: match[2] };
}

export type TokenReason = 'token_unknown' | 'token_expired' | 'token_replaced' | 'token_revoked' | 'token_audience';

function isHash(stored: string | undefined, presented: Buffer): boolean {
  const bytes = Buffer.from(stored ?? '', 'base64url');
  return bytes.length === presented.length && timingSafeEqual(bytes, presented);
}

/** Whether a secret that was verified is the one before the last rotation. */
export const isPrevious = (secret: string, { previous }: TokenRecord): boolean =>
  isHash(previous?.hash, hashSecret(secret));

/** Checks a presented secret against the stored record. The hash is compared first, in constant time: other reasons are for holders of the real token. */
export function verifyToken(
  secret: string,
  record: TokenRecord,
  expected: { readonly audience: TokenAudience; readonly nowMs: number },
): Result<TokenRecord, TokenReason> {
  const presented = hashSecret(secret);
  // Both are compared, whichever fits.
  const [isCurrent, wasCurrent] = [isHash(record.hash, presented), isHash(record.previous?.hash, presented)];
  if (!isCurrent && !wasCurrent) return refuse('token_unknown', 'hash');
  if (record.revoked_at !== undefined) return refuse('token_revoked');
  if (expected.nowMs >= record.expires_at * 1000) return refuse('token_expired');
  const until = record.previous?.until ?? 0;
  if (!isCurrent && expected.nowMs >= until * 1000) return refuse('token_replaced');
  if (record.audience !== expected.audience) return refuse('token_audience', record.audience);
  return accept(record);
}
