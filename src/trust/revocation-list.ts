import * as z from 'zod';
import { accept, type Result, refuse } from '../kernel/result.ts';
import { type ClientCertificate, normalizeIssuer, normalizeSerial } from './client-certificate.ts';
import { readRecord } from './record.ts';

// Which certificates are no longer believed. API Gateway checks no revocation, so the door does. Key: `revocations`;
// only an operator writes it. Not knowing is never taken for "not revoked": without a fresh list the door refuses.

export const REVOCATIONS_KEY = 'revocations';

/** A list that was last read longer ago than this says nothing any more. */
const REVOCATIONS_MAX_AGE_SECONDS = 60;

export const revocationsRecord = z.object({
  v: z.literal(1),
  version: z.number().int().min(0),
  /** When the operator last changed it, Unix seconds. Its age is counted from our last reading, not from here. */
  updated_at: z.number().int(),
  revoked: z.array(
    z.object({
      /** As `ClientCertificate.issuer`. */
      issuer: z.string().min(1),
      /** Hex, in any spelling. */
      serial: z.string().regex(/^[0-9A-Fa-f:]+$/),
    }),
  ),
});
export type RevocationsRecord = z.infer<typeof revocationsRecord>;

export interface RevocationList {
  readonly version: number;
  has(certificate: Pick<ClientCertificate, 'issuer' | 'serial'>): boolean;
}

const entryKey = (issuer: string, serial: string): string => `${normalizeSerial(serial)} ${normalizeIssuer(issuer)}`;

/** Rejects with AppError `internal` on a record that cannot be read. */
export function parseRevocations(raw: string): RevocationList {
  const record = readRecord(revocationsRecord, raw, 'revocation list');
  const revoked = new Set(record.revoked.map(({ issuer, serial }) => entryKey(issuer, serial)));
  return {
    version: record.version,
    has: ({ issuer, serial }) => revoked.size > 0 && revoked.has(entryKey(issuer, serial)),
  };
}

/** The list with one more certificate on it, for whoever may write it. The same certificate is listed once. */
export function addRevocation(
  record: RevocationsRecord,
  certificate: Pick<ClientCertificate, 'issuer' | 'serial'>,
  nowSeconds: number,
): RevocationsRecord {
  const { issuer, serial } = certificate;
  const others = record.revoked.filter((entry) => entryKey(entry.issuer, entry.serial) !== entryKey(issuer, serial));
  return { v: 1, version: record.version + 1, updated_at: nowSeconds, revoked: [...others, { issuer, serial }] };
}

export interface LoadedRevocations {
  readonly list: RevocationList;
  /** When the reading that brought it began, Unix milliseconds. */
  readonly loadedAtMs: number;
}

export type RevocationReason = 'revocations_unavailable' | 'revocations_stale' | 'certificate_revoked';

export function checkRevocation(
  certificate: Pick<ClientCertificate, 'issuer' | 'serial'>,
  loaded: LoadedRevocations | undefined,
  nowMs: number,
): Result<void, RevocationReason> {
  if (loaded === undefined) return refuse('revocations_unavailable');
  const ageMs = nowMs - loaded.loadedAtMs;
  // A clock that went back says nothing about the age either.
  if (ageMs > REVOCATIONS_MAX_AGE_SECONDS * 1000 || ageMs < 0) return refuse('revocations_stale');
  return loaded.list.has(certificate) ? refuse('certificate_revoked') : accept(undefined);
}
