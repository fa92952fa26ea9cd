import { type KeyObject, timingSafeEqual } from 'node:crypto';
import { accept, type Refusal, type Result, refuse } from '../kernel/result.ts';
import { buildSignatureBase, computeDigest, computeHmac, type SignatureComponent } from './signature-base.ts';
import {
  alwaysCovered,
  coveredWhenPresent,
  coveredWithBody,
  EMPTY_QUERY,
  SIGNATURE_ALGORITHM,
  SIGNATURE_TAG,
  SIGNATURE_WINDOW_SECONDS,
} from './signature-profile.ts';
import {
  type BareItem,
  type InnerList,
  type Parameters,
  parseDictionary,
  serializeInnerList,
  serializeItem,
} from './structured-field.ts';

// The MCP API's side of the second door, in the steps its order needs: parse → window → HMAC → digest.
// Nothing here believes a header before the HMAC covers it: parsing only decides what will be checked.
// It accepts exactly the profile; a signature that is valid RFC 9421 but covers less, or something else, is refused.

export type SignatureReason =
  | 'query_present'
  | 'path_mismatch'
  | 'method_malformed'
  | 'session_id_present'
  | 'mcp_param_present'
  | 'content_encoding_present'
  | 'signature_missing'
  | 'signature_malformed'
  | 'signature_count'
  | 'signature_value'
  | 'signature_input_missing'
  | 'signature_input_malformed'
  | 'signature_input_repeated'
  | 'signature_input_count'
  | 'signature_input_too_long'
  | 'signature_label'
  | 'component_malformed'
  | 'component_parameters'
  | 'component_repeated'
  | 'component_unknown'
  | 'component_not_covered'
  | 'component_absent'
  | 'content_type_not_covered'
  | 'content_type_without_body'
  | 'header_joined'
  | 'header_malformed'
  | 'parameter_unknown'
  | 'created_malformed'
  | 'expires_malformed'
  | 'nonce_malformed'
  | 'key_id_malformed'
  | 'algorithm_refused'
  | 'tag_refused'
  | 'digest_missing'
  | 'digest_malformed'
  | 'digest_algorithm';

export type WindowReason = 'created_too_old' | 'created_in_future' | 'signature_expired';

export interface SignedMessage {
  readonly method: string;
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  /** Lower-case names; a repeated header is one value joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export interface SignatureTarget {
  /** The configured public authority of this door, in normal form (`normalizeAuthority`). */
  readonly authority: string;
  /** The one path of this door, such as `/mcp`. */
  readonly path: string;
}

/** What a request claims, read and shaped but not yet believed. */
export interface ParsedSignature {
  readonly keyId: string;
  /** Without padding. */
  readonly nonce: string;
  /** Unix seconds. */
  readonly created: number;
  readonly expires?: number;
  readonly signature: Buffer;
  readonly digest: Buffer;
  readonly base: string;
}

/** Our own is under 400 characters; this bounds what an unproved caller makes us parse. */
const MAX_SIGNATURE_INPUT_LENGTH = 2048;
const HMAC_BYTES = 32;
/** RFC 9110 §9.1: a method is a token, and case-sensitive. */
const METHOD_PATTERN = /^[A-Z]{1,16}$/;
const VISIBLE_PATTERN = /^[\t\x20-\x7e]*$/;
/** 16 bytes in base64url, its unused bits zero; padding is tolerated, for some libraries add it. */
const NONCE_PATTERN = /^[A-Za-z0-9_-]{21}[AQgw](?:==)?$/;
const KEY_ID_PATTERN = /^[\x21-\x7e]{1,128}$/;

const knownComponents: ReadonlySet<string> = new Set([...alwaysCovered, coveredWithBody, ...coveredWhenPresent]);
const knownParameters: ReadonlySet<string> = new Set(['created', 'expires', 'nonce', 'keyid', 'alg', 'tag']);

/** Everything that can be refused without a key: target, shape, profile. */
export function parseSignedMessage(
  message: SignedMessage,
  target: SignatureTarget,
): Result<ParsedSignature, SignatureReason> {
  const misdirected = checkTarget(message, target) ?? checkForbiddenHeaders(message.headers);
  if (misdirected !== undefined) return misdirected;
  const fields = parseSignatureFields(message.headers);
  if (!fields.ok) return fields;
  const digest = parseDigest(message.headers['content-digest']);
  if (!digest.ok) return digest;
  const components = resolveComponents(fields.value.input, message, target);
  if (!components.ok) return components;
  const parameters = parseSignatureParameters(fields.value.input.parameters);
  if (!parameters.ok) return parameters;
  return accept({
    ...parameters.value,
    signature: fields.value.signature,
    digest: digest.value,
    base: buildSignatureBase(components.value, serializeInnerList(fields.value.input)),
  });
}

/** `created` within ±60 s, and not past `expires` when there is one. */
export function checkWindow(parsed: ParsedSignature, nowMs: number): Result<void, WindowReason> {
  const ageMs = nowMs - parsed.created * 1000;
  if (ageMs > SIGNATURE_WINDOW_SECONDS * 1000) return refuse('created_too_old');
  if (ageMs < -SIGNATURE_WINDOW_SECONDS * 1000) return refuse('created_in_future');
  if (parsed.expires !== undefined && nowMs >= parsed.expires * 1000) return refuse('signature_expired');
  return accept(undefined);
}

export function checkHmac(parsed: ParsedSignature, key: KeyObject): Result<void, 'hmac_mismatch'> {
  // Both are 32 bytes: parsing refused every other length.
  return timingSafeEqual(computeHmac(parsed.base, key), parsed.signature) ? accept(undefined) : refuse('hmac_mismatch');
}

/** The body is the one that was signed (RFC 9530): only to be asked once the HMAC has proved the digest. */
export function checkDigest(parsed: ParsedSignature, body: Uint8Array): Result<void, 'digest_mismatch'> {
  return computeDigest(body).equals(parsed.digest) ? accept(undefined) : refuse('digest_mismatch');
}

function checkTarget(message: SignedMessage, target: SignatureTarget): Refusal<SignatureReason> | undefined {
  if (!METHOD_PATTERN.test(message.method)) return refuse('method_malformed');
  if (message.query !== '') return refuse('query_present');
  return message.path === target.path ? undefined : refuse('path_mismatch');
}

/** Headers that would change the meaning of a request without being signed. */
function checkForbiddenHeaders(headers: SignedMessage['headers']): Refusal<SignatureReason> | undefined {
  if (headers['mcp-session-id'] !== undefined) return refuse('session_id_present');
  if (headers['content-encoding'] !== undefined) return refuse('content_encoding_present');
  for (const name in headers) {
    if (name.startsWith('mcp-param-')) return refuse('mcp_param_present');
  }
  return undefined;
}

/** Exactly one signature under one label in both fields (RFC 9421 §4.1, §4.2). */
function parseSignatureFields(
  headers: SignedMessage['headers'],
): Result<{ readonly input: InnerList; readonly signature: Buffer }, SignatureReason> {
  const inputText = headers['signature-input'];
  const signatureText = headers['signature'];
  if (inputText === undefined) return refuse('signature_input_missing');
  if (signatureText === undefined) return refuse('signature_missing');
  if (inputText.length > MAX_SIGNATURE_INPUT_LENGTH) return refuse('signature_input_too_long');

  const inputs = parseDictionary(inputText);
  if (!inputs.ok) {
    const repeated = inputs.reason === 'field_repeated_key';
    return refuse(repeated ? 'signature_input_repeated' : 'signature_input_malformed', inputs.detail);
  }
  const signatures = parseDictionary(signatureText);
  if (!signatures.ok) return refuse('signature_malformed', signatures.reason);
  if (inputs.value.size !== 1) return refuse('signature_input_count', String(inputs.value.size));
  if (signatures.value.size !== 1) return refuse('signature_count', String(signatures.value.size));

  const [label, input] = [...inputs.value][0] ?? [];
  const signature = label === undefined ? undefined : signatures.value.get(label);
  if (signature === undefined) return refuse('signature_label');
  if (input?.kind !== 'list') return refuse('signature_input_malformed', 'not an inner list');
  if (signature.kind !== 'item' || signature.value.type !== 'bytes' || signature.parameters.size > 0) {
    return refuse('signature_value', 'not a byte sequence');
  }
  if (signature.value.value.length !== HMAC_BYTES) return refuse('signature_value', 'length');
  return accept({ input, signature: signature.value.value });
}

/** `Content-Digest` with exactly one digest, SHA-256 (RFC 9530 §2). */
function parseDigest(text: string | undefined): Result<Buffer, SignatureReason> {
  if (text === undefined) return refuse('digest_missing');
  const digests = parseDictionary(text);
  if (!digests.ok) return refuse('digest_malformed', digests.reason);
  const digest = digests.value.get('sha-256');
  if (digest === undefined || digests.value.size !== 1) return refuse('digest_algorithm');
  if (digest.kind !== 'item' || digest.value.type !== 'bytes' || digest.parameters.size > 0) {
    return refuse('digest_malformed', 'not a byte sequence');
  }
  return digest.value.value.length === 32 ? accept(digest.value.value) : refuse('digest_malformed', 'length');
}

/** The covered components with their values, in the signer's order, once the set is the one this profile demands. */
function resolveComponents(
  input: InnerList,
  message: SignedMessage,
  target: SignatureTarget,
): Result<readonly SignatureComponent[], SignatureReason> {
  const components: SignatureComponent[] = [];
  const covered = new Set<string>();
  for (const item of input.items) {
    if (item.value.type !== 'string') return refuse('component_malformed');
    const name = item.value.value;
    if (item.parameters.size > 0) return refuse('component_parameters');
    if (!knownComponents.has(name)) return refuse('component_unknown');
    if (covered.has(name)) return refuse('component_repeated', name);
    covered.add(name);
    const value = componentValue(name, message, target);
    if (!value.ok) return value;
    components.push([serializeItem(item), value.value]);
  }
  return checkCoverage(covered, message) ?? accept(components);
}

function checkCoverage(covered: ReadonlySet<string>, message: SignedMessage): Refusal<SignatureReason> | undefined {
  for (const name of alwaysCovered) if (!covered.has(name)) return refuse('component_not_covered', name);
  for (const name of coveredWhenPresent) {
    if (message.headers[name] !== undefined && !covered.has(name)) return refuse('component_not_covered', name);
  }
  const hasBody = message.body.length > 0;
  if (hasBody && !covered.has(coveredWithBody)) return refuse('content_type_not_covered');
  return !hasBody && covered.has(coveredWithBody) ? refuse('content_type_without_body') : undefined;
}

/** RFC 9421 §2.1 and §2.2. Everything derived comes from the request and the configuration, never from a header's say-so. */
function componentValue(
  name: string,
  message: SignedMessage,
  target: SignatureTarget,
): Result<string, SignatureReason> {
  switch (name) {
    case '@method':
      return accept(message.method);
    case '@authority':
      return accept(target.authority);
    case '@path':
      return accept(target.path);
    case '@query':
      return accept(EMPTY_QUERY);
    default: {
      const value = message.headers[name];
      if (value === undefined) return refuse('component_absent', name);
      // Two lines of a header that may come once only arrive joined; which of them a reader takes is anyone's guess.
      if (value.includes(',')) return refuse('header_joined', name);
      return VISIBLE_PATTERN.test(value) ? accept(value.trim()) : refuse('header_malformed', name);
    }
  }
}

type SignatureParameters = Pick<ParsedSignature, 'keyId' | 'nonce' | 'created' | 'expires'>;

function stringOf(item: BareItem | undefined): string | undefined {
  return item?.type === 'string' ? item.value : undefined;
}

function isTime(item: BareItem | undefined): item is BareItem & { readonly type: 'integer'; readonly value: number } {
  return item?.type === 'integer' && item.value >= 0;
}

/** RFC 9421 §2.3; all of ours but `expires` must be there, and no other. */
function parseSignatureParameters(parameters: Parameters): Result<SignatureParameters, SignatureReason> {
  for (const name of parameters.keys()) if (!knownParameters.has(name)) return refuse('parameter_unknown');
  if (stringOf(parameters.get('alg')) !== SIGNATURE_ALGORITHM) return refuse('algorithm_refused');
  if (stringOf(parameters.get('tag')) !== SIGNATURE_TAG) return refuse('tag_refused');
  const created = parameters.get('created');
  if (!isTime(created)) return refuse('created_malformed');
  const nonce = stringOf(parameters.get('nonce'));
  if (nonce === undefined || !NONCE_PATTERN.test(nonce)) return refuse('nonce_malformed');
  const keyId = stringOf(parameters.get('keyid'));
  if (keyId === undefined || !KEY_ID_PATTERN.test(keyId)) return refuse('key_id_malformed');
  const required = { created: created.value, nonce: nonce.slice(0, 22), keyId };
  if (!parameters.has('expires')) return accept(required);
  const expires = parameters.get('expires');
  return isTime(expires) ? accept({ ...required, expires: expires.value }) : refuse('expires_malformed');
}
