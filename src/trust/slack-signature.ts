import { createHmac, timingSafeEqual } from 'node:crypto';
import { accept, type Result, refuse } from '../kernel/result.ts';

// Whether a request was sent by Slack: an HMAC over the time it was sent and the body as it came, byte for byte, under the app's
// signing secret. https://docs.slack.dev/authentication/verifying-requests-from-slack
// It parses nothing of the body, and answers why a request is refused for the log only.

/** Either way: what is older was recorded and is played again, what is newer nobody can have sent yet. */
export const SLACK_WINDOW_SECONDS = 300;

const VERSION = 'v0';
const TIMESTAMP = /^[1-9]\d{0,11}$/;
const SIGNATURE = /^v0=([0-9a-f]{64})$/;

export type SlackSignatureReason =
  | 'slack_timestamp_missing'
  | 'slack_timestamp_malformed'
  | 'slack_stale'
  | 'slack_signature_missing'
  | 'slack_signature_malformed'
  | 'slack_signature_mismatch';

export interface SlackSignedRequest {
  /** `X-Slack-Request-Timestamp` and `X-Slack-Signature`; a header that came twice is one text with a comma, which neither pattern takes. */
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  readonly body: Uint8Array;
}

function computeSignature(secret: string, timestamp: string, body: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${VERSION}:${timestamp}:`).update(body).digest();
}

/** As Slack signs; for tests and for whoever plays Slack on one machine. `timestamp` is unix seconds. */
export function signSlackRequest(secret: string, timestamp: number, body: Uint8Array): string {
  return `${VERSION}=${computeSignature(secret, String(timestamp), body).toString('hex')}`;
}

/** Checks what Slack sent. The signature is compared in constant time, after the window: a recording tells nothing new. */
export function verifySlackSignature(
  request: SlackSignedRequest,
  expected: { readonly secret: string; readonly nowMs: number },
): Result<undefined, SlackSignatureReason> {
  const { timestamp, signature, body } = request;
  if (timestamp === undefined || timestamp === '') return refuse('slack_timestamp_missing');
  if (!TIMESTAMP.test(timestamp)) return refuse('slack_timestamp_malformed');
  if (signature === undefined || signature === '') return refuse('slack_signature_missing');
  const presented = SIGNATURE.exec(signature)?.[1];
  if (presented === undefined) return refuse('slack_signature_malformed');
  const ageSeconds = Math.floor(expected.nowMs / 1000) - Number(timestamp);
  if (Math.abs(ageSeconds) > SLACK_WINDOW_SECONDS) return refuse('slack_stale', `${ageSeconds} s`);
  const computed = computeSignature(expected.secret, timestamp, body);
  // 32 bytes on both sides: the pattern says so.
  if (!timingSafeEqual(computed, Buffer.from(presented, 'hex'))) return refuse('slack_signature_mismatch');
  return accept(undefined);
}
