import { changeKeyring } from '../certificates/keyring-record.ts';
import { AppError } from '../kernel/app-error.ts';
import { ULID_PATTERN } from '../kernel/ulid.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Random } from '../ports/random.ts';
import {
  createToken,
  MAX_RATE,
  type NewToken,
  type TokenRecord,
  tokenAudiences,
  tokenKey,
  tokenRecord,
} from '../trust/access-token.ts';
import { normalizeIssuer, normalizeSerial, parseClientCertificate } from '../trust/client-certificate.ts';
import { identityIndexKey } from '../trust/identities.ts';
import { removeIdentity } from '../trust/key-rotation.ts';
import { listKeys } from '../trust/list-keys.ts';
import {
  createPersonId,
  IDENTITY_PATTERN,
  identityKey,
  identityRecord,
  type PersonRecord,
  personKey,
  personRecord,
} from '../trust/person.ts';
import { readRecord } from '../trust/record.ts';
import { MAX_OVERLAP_HOURS, type RenewedToken, renewToken } from '../trust/renew-token.ts';
import { addRevocation, REVOCATIONS_KEY, type RevocationsRecord, revocationsRecord } from '../trust/revocation-list.ts';
import { parseScopes } from '../trust/scope.ts';
import { parseSpiffeId } from '../trust/spiffe-id.ts';

// What an operator may do and no API can: make persons and tokens, map identities, revoke certificates. It works on the
// store directly, so whoever runs it already holds the store's own rights.

export interface OperatorDeps {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Where conversations do not lie in the store: deletes all of a person's, and answers how many records that were. */
  readonly forgetConversations?: ((person: string) => Promise<number>) | undefined;
}

export interface TokenRequest {
  readonly person: string;
  readonly audience: string;
  /** Space-separated. */
  readonly scope: string;
  readonly days: number;
  /** Requests a minute at the key door, in place of that door's own limit. */
  readonly rate?: number | undefined;
}

export interface TokenRotationRequest {
  /** How long the secret of before is still accepted. */
  readonly overlapHours: number;
  /** How long the token lasts from now on; left out, as long as it was made for. */
  readonly days?: number | undefined;
  /** Also while the secret before the last rotation is still accepted. */
  readonly again?: boolean | undefined;
}

export interface Operator {
  addPerson(name: string): Promise<PersonRecord>;
  listPersons(): Promise<readonly PersonRecord[]>;
  /** An identity of another person is refused (`conflict`), unless it shall move. */
  mapIdentity(identity: string, person: string, options?: { readonly move?: boolean }): Promise<void>;
  /** The text is shown once and kept nowhere. */
  createToken(request: TokenRequest): Promise<{ readonly text: string; readonly record: TokenRecord }>;
  listTokens(person?: string): Promise<readonly TokenRecord[]>;
  revokeToken(id: string): Promise<TokenRecord>;
  /** Another secret for the same token; the text is shown once. */
  rotateToken(id: string, request: TokenRotationRequest): Promise<RenewedToken>;
  /** Deletes every record of a person, the person last; answers how many. Safe to repeat. */
  removePerson(person: string): Promise<number>;
  /** Doors refuse the certificate (PEM) once they have read the list again. */
  revokeCertificate(pem: string): Promise<RevokedCertificate>;
  /** The same by the authority's name (`CN=…`) and the serial number in hex, in any spelling: for whoever has only a log line. */
  revokeSerial(issuer: string, serial: string): Promise<RevokedCertificate>;
  listRevoked(): Promise<readonly RevokedCertificate[]>;
}

export type RevokedCertificate = RevocationsRecord['revoked'][number];

const MAX_TOKEN_DAYS = 3650;

/** Kinds of records whose key names the person right behind the kind. */
const PERSONAL = [
  'grantindex',
  'identityindex',
  'approval',
  'decision',
  'turn',
  'conversation',
  'conversations',
  'contacts',
  'paused',
  'slackthread',
  'slackturn',
  'vault:google',
  'lock:vault:google',
];

async function readAll<Value>(
  store: KeyValueStore,
  prefix: string,
  parse: (raw: string) => Value,
): Promise<readonly Value[]> {
  const found = await Promise.all((await listKeys(store, prefix)).map((key) => store.get(key)));
  return found.filter((raw) => raw !== undefined).map(parse);
}

function lifetimeOf(days: number): number {
  if (Number.isFinite(days) && days > 0 && days <= MAX_TOKEN_DAYS) return Math.round(days * 86_400);
  throw new AppError('invalid_request', `A token lasts more than 0 and at most ${MAX_TOKEN_DAYS} days.`);
}

/** Only the key door counts by tokens. */
function checkRate({ audience, rate }: TokenRequest): { readonly rate?: number } {
  if (rate === undefined) return {};
  if (audience === 'mcp' && Number.isInteger(rate) && rate >= 1 && rate <= MAX_RATE) return { rate };
  throw new AppError(
    'invalid_request',
    `A limit is a whole number of requests a minute, from 1 to ${MAX_RATE}, and for tokens with the audience mcp.`,
  );
}

function checkTokenRequest(request: TokenRequest): Pick<NewToken, 'audience' | 'scopes' | 'lifetimeSeconds' | 'rate'> {
  const audience = tokenAudiences.find((known) => known === request.audience);
  if (audience === undefined) {
    throw new AppError(
      'invalid_request',
      `No audience is called ${request.audience}. Choose one of ${tokenAudiences.join(', ')}.`,
    );
  }
  const scopes = parseScopes(request.scope);
  if (scopes === undefined || scopes.length === 0) {
    throw new AppError(
      'invalid_request',
      'Scopes look like "calendar.read calendar.write", or "confirm" for answering approvals.',
    );
  }
  if (scopes.includes('confirm') !== (audience === 'confirm')) {
    throw new AppError(
      'invalid_request',
      'The scope confirm and the audience confirm go together: the token that chats must never approve.',
    );
  }
  return { audience, scopes, lifetimeSeconds: lifetimeOf(request.days), ...checkRate(request) };
}

async function readRevocations(store: KeyValueStore): Promise<{ raw: string | undefined; list: RevocationsRecord }> {
  const raw = await store.get(REVOCATIONS_KEY);
  const none: RevocationsRecord = { v: 1, version: 0, updated_at: 0, revoked: [] };
  return { raw, list: raw === undefined ? none : readRecord(revocationsRecord, raw, 'revocation list') };
}

/** An operator and a script may write at the same moment: neither revocation may be lost. */
const REVOKE_ATTEMPTS = 10;
/** RFC 5280 §4.1.2.2: at most 20 octets. */
const SERIAL_PATTERN = /^(?:0x)?(?:[0-9A-Fa-f]:?){1,42}$/;

async function revoke({ store, clock }: OperatorDeps, certificate: RevokedCertificate): Promise<RevokedCertificate> {
  for (let attempt = 0; attempt < REVOKE_ATTEMPTS; attempt += 1) {
    const { raw, list } = await readRevocations(store);
    const text = JSON.stringify(addRevocation(list, certificate, Math.floor(clock.nowMs() / 1000)));
    const written = await (raw === undefined
      ? store.setIfAbsent(REVOCATIONS_KEY, text)
      : store.compareAndSet(REVOCATIONS_KEY, raw, text));
    if (written) return certificate;
  }
  throw new AppError('conflict', 'The list keeps changing. Run the command again.');
}

/** Deletes whatever is there now. */
async function remove(store: KeyValueStore, key: string): Promise<void> {
  for (let raw = await store.get(key); raw !== undefined; raw = await store.get(key))
    await store.compareAndDelete(key, raw);
}

/** Keys of a person's records: those that name the person, and those whose contents do. */
async function keysOfPerson(store: KeyValueStore, person: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const kind of PERSONAL) keys.push(...(await listKeys(store, `${kind}:${person}`)));
  for (const key of await listKeys(store, 'grant:')) if (key.endsWith(`:${person}`)) keys.push(key);
  for (const key of await listKeys(store, 'rate:')) if (key.includes(`:${person}:`)) keys.push(key);
  for (const kind of ['token:', 'identity:', 'session:', 'ticket:', 'flow:', 'job:']) {
    for (const key of await listKeys(store, kind)) {
      const raw = await store.get(key);
      if (raw?.includes(`"${person}"`) === true) keys.push(key);
    }
  }
  return keys;
}

/** The keys of a person's own bridge, wherever it was issued. */
async function removeBridgeKeys(store: KeyValueStore, person: string): Promise<void> {
  await changeKeyring(store, (keyring) => {
    const own = keyring.keys.filter(({ identity }) => parseSpiffeId(identity)?.bridgePerson === person);
    return own.reduce((left, { identity }) => removeIdentity(left, identity), keyring);
  });
}

export function createOperator({ store, clock, random, forgetConversations }: OperatorDeps): Operator {
  const requirePerson = async (person: string): Promise<void> => {
    if ((await store.get(personKey(person))) === undefined) {
      throw new AppError('not_found', `There is no person ${person}. \`sallyport person list\` shows all.`);
    }
  };
  /** As long as it was made for. */
  const spanOf = async (id: string): Promise<number | undefined> => {
    const raw = ULID_PATTERN.test(id) ? await store.get(tokenKey(id)) : undefined;
    if (raw === undefined) return undefined;
    const { expires_at: end, created_at: made, rotated_at: renewed = made } = readRecord(tokenRecord, raw, 'token');
    return end - renewed;
  };
  return {
    addPerson: async (name) => {
      const nowMs = clock.nowMs();
      const created = {
        v: 1,
        person: createPersonId(nowMs, random.bytes(10)),
        name,
        created_at: Math.floor(nowMs / 1000),
      };
      const parsed = personRecord.safeParse(created);
      if (!parsed.success) throw new AppError('invalid_request', 'A person’s name has 1 to 200 characters.');
      await store.set(personKey(parsed.data.person), JSON.stringify(parsed.data));
      return parsed.data;
    },
    listPersons: () => readAll(store, 'person:', (raw) => readRecord(personRecord, raw, 'person')),
    mapIdentity: async (identity, person, { move = false } = {}) => {
      if (!IDENTITY_PATTERN.test(identity)) {
        throw new AppError(
          'invalid_request',
          'An identity looks like oidc:google:<sub>, iam:<account>:<role id> or slack:<team>:<user>.',
        );
      }
      await requirePerson(person);
      const key = identityKey(identity);
      const text = JSON.stringify({ v: 1, person });
      const raw = await store.get(key);
      const owner = raw === undefined ? person : readRecord(identityRecord, raw, 'identity').person;
      if (owner !== person && !move) {
        throw new AppError('conflict', `${identity} proves ${owner}. Say it again with --move to take it from there.`);
      }
      const written = await (raw === undefined ? store.setIfAbsent(key, text) : store.compareAndSet(key, raw, text));
      if (!written)
        throw new AppError('conflict', 'The identity was changed at the same moment. Run the command again.');
      await store.set(identityIndexKey(person, identity), '{"v":1}');
    },
    createToken: async (request) => {
      const checked = checkTokenRequest(request);
      await requirePerson(request.person);
      const made = createToken({ ...checked, person: request.person, nowMs: clock.nowMs(), random: random.bytes(42) });
      await store.set(tokenKey(made.record.id), JSON.stringify(made.record));
      return made;
    },
    listTokens: async (person) => {
      const tokens = await readAll(store, 'token:', (raw) => readRecord(tokenRecord, raw, 'token'));
      return person === undefined ? tokens : tokens.filter((token) => token.person === person);
    },
    revokeToken: async (id) => {
      const raw = ULID_PATTERN.test(id) ? await store.get(tokenKey(id)) : undefined;
      if (raw === undefined)
        throw new AppError('not_found', `There is no token ${id}. \`sallyport token list\` shows all.`);
      const record = readRecord(tokenRecord, raw, 'token');
      const revoked = { ...record, revoked_at: record.revoked_at ?? Math.floor(clock.nowMs() / 1000) };
      if (!(await store.compareAndSet(tokenKey(id), raw, JSON.stringify(revoked)))) {
        throw new AppError('conflict', 'The token was changed at the same moment. Run the command again.');
      }
      return revoked;
    },
    rotateToken: async (id, { overlapHours, days, again }) => {
      if (!(overlapHours >= 0 && overlapHours <= MAX_OVERLAP_HOURS)) {
        throw new AppError('invalid_request', `The overlap is from 0 to ${MAX_OVERLAP_HOURS} hours.`);
      }
      const lifetimeSeconds = days === undefined ? await spanOf(id) : lifetimeOf(days);
      const overlapSeconds = Math.round(overlapHours * 3600);
      return renewToken({ store, clock, random }, { id, overlapSeconds, lifetimeSeconds, again });
    },
    removePerson: async (person) => {
      await requirePerson(person);
      const forget = forgetConversations ?? (async () => 0);
      const keys = await keysOfPerson(store, person);
      const said = await forget(person);
      await removeBridgeKeys(store, person);
      // The person's own record goes last: a removal that breaks off can be found and run again.
      for (const key of [...keys, personKey(person)]) await remove(store, key);
      // Once more: what was under way may have written until nobody was there to write for.
      const late = await keysOfPerson(store, person);
      for (const key of late) await remove(store, key);
      return keys.length + 1 + late.length + said + (await forget(person));
    },
    revokeCertificate: async (pem) => {
      const parsed = parseClientCertificate(pem);
      if (!parsed.ok)
        throw new AppError('invalid_request', `This is no client certificate of ours (${parsed.reason}).`);
      return revoke({ store, clock, random }, { issuer: parsed.value.issuer, serial: parsed.value.serial });
    },
    revokeSerial: async (issuer, serial) => {
      const name = normalizeIssuer(issuer);
      if (!/^[A-Za-z]+=./.test(name)) {
        throw new AppError('invalid_request', 'An authority’s name looks like CN=Sallyport local client CA.');
      }
      if (!SERIAL_PATTERN.test(serial)) {
        throw new AppError('invalid_request', 'A serial number is written in hex, with or without colons.');
      }
      return revoke({ store, clock, random }, { issuer: name, serial: normalizeSerial(serial.replace(/^0x/, '')) });
    },
    listRevoked: async () => (await readRevocations(store)).list.revoked,
  };
}
