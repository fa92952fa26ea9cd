import { randomBytes, X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createFileSigner, generateSignerKey } from '../../../src/adapters/embedded/file-signer.ts';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { DAY_MS } from '../../../src/certificates/agent-credentials.ts';
import { issueBridgeCredentials } from '../../../src/certificates/bridge-credentials.ts';
import { enrolAgent, ensureAuthority } from '../../../src/certificates/enrol.ts';
import { readKeyring } from '../../../src/certificates/keyring-record.ts';
import { createSecret } from '../../../src/kernel/secret.ts';
import { createOperator } from '../../../src/operator/operator.ts';
import { checkKey, parseKeyring } from '../../../src/trust/keyring.ts';
import { createTestClock } from '../../support/clock.ts';

const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const HOUR_MS = 3_600_000;
const AGENT = 'spiffe://sallyport.local/local/agent/assistant';

async function setUp() {
  const clock = createTestClock();
  const store = createMemoryStore({ clock });
  const operator = createOperator({ store, clock, random });
  const { person } = await operator.addPerson('Ana');
  const signer = createFileSigner(generateSignerKey());
  const { certificate } = await ensureAuthority({ signer, clock, random }, { name: 'CN=First CA' });
  const deps = { store, clock, random, authority: { certificate, signer }, hmacMaster: createSecret(random.bytes(32)) };
  const issue = (over = {}) =>
    issueBridgeCredentials(deps, { trustDomain: 'sallyport.local', environment: 'local', person, ...over });
  /** As a door judges a key of this bridge now. */
  const judged = async (issued: Awaited<ReturnType<typeof issue>>) => {
    const { raw = '' } = await readKeyring(store);
    const keyring = parseKeyring(raw, deps.hmacMaster.reveal());
    const entry = keyring.find(issued.credentials.keyId);
    const checked = checkKey(entry, issued.credentials.certificate, clock.nowMs());
    if (!checked.ok) return checked.reason;
    return keyring.keyOf(checked.value).equals(issued.credentials.hmacKey) ? 'believed' : 'another secret';
  };
  return { clock, store, operator, person, deps, issue, judged };
}

describe('the credentials of a person’s own bridge', () => {
  it('name that person alone, are signed by the authority, and hold a key that the door believes', async () => {
    const { person, deps, issue, judged, clock } = await setUp();
    const issued = await issue({ serverCa: 'a private authority' });
    const { certificate, document } = issued.credentials;
    expect(certificate.spiffeId).toMatchObject({ agent: `bridge/${person}`, bridgePerson: person });
    expect(document).toMatchObject({ key_id: `bridge/${person}#1`, server_ca: 'a private authority' });
    const authority = new X509Certificate(deps.authority.certificate);
    expect(new X509Certificate(document.certificate).verify(authority.publicKey)).toBe(true);
    expect(certificate.notAfterMs).toBeLessThanOrEqual(clock.nowMs() + 30 * DAY_MS);
    expect(await judged(issued)).toBe('believed');
  });

  it('come with another key each time; the one of before ends after the overlap', async () => {
    const { issue, judged, clock } = await setUp();
    const first = await issue();
    const second = await issue({ overlapHours: 2, days: 90 });
    expect(second.credentials.keyId).toMatch(/#2$/);
    expect([await judged(first), await judged(second)]).toEqual(['believed', 'believed']);
    clock.advance(2 * HOUR_MS);
    expect([await judged(first), await judged(second)]).toEqual(['key_retired', 'believed']);
    const third = await issue({ overlapHours: 0 });
    expect([await judged(first), await judged(second), await judged(third)]).toEqual([
      'key_unknown',
      'key_unknown',
      'believed',
    ]);
  });

  it('that are issued often never lengthen the life of an old key', async () => {
    const { issue, judged, clock } = await setUp();
    const first = await issue();
    await issue({ overlapHours: 1 });
    await issue({ overlapHours: 100 });
    clock.advance(HOUR_MS);
    expect(await judged(first)).toBe('key_retired');
  });

  it('leave the agent’s keys and other persons’ bridges as they are', async () => {
    const { issue, judged, operator, deps, store } = await setUp();
    const written: string[] = [];
    const credentials = {
      read: async () => undefined,
      write: async (document: { reveal(): string }) => String(written.push(document.reveal())),
    };
    await enrolAgent({ ...deps, credentials }, { identity: AGENT });
    const tom = await operator.addPerson('Tom');
    const other = await issue({ person: tom.person });
    const all = await Promise.all([issue(), issue(), issue()]);
    const { keyring } = await readKeyring(store);
    expect(keyring.keys.filter(({ identity }) => identity === AGENT)).toMatchObject([{ epoch: 1, state: 'current' }]);
    expect(await judged(other)).toBe('believed');
    expect(await Promise.all(all.map(judged))).toEqual(['believed', 'believed', 'believed']);
  });

  it('go with their person', async () => {
    const { issue, judged, operator, person } = await setUp();
    const issued = await issue();
    await operator.removePerson(person);
    expect(await judged(issued)).toBe('key_unknown');
    await expect(issue()).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each([
    [{ days: 0 }, 'invalid_request'],
    [{ days: 91 }, 'invalid_request'],
    [{ days: Number.NaN }, 'invalid_request'],
    [{ overlapHours: -1 }, 'invalid_request'],
    [{ overlapHours: Number.NaN }, 'invalid_request'],
    [{ person: 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV' }, 'not_found'],
    [{ person: 'p_1/../agent/assistant' }, 'not_found'],
  ])('are not issued for %j', async (over, code) => {
    const { issue, store } = await setUp();
    await expect(issue(over)).rejects.toMatchObject({ code });
    expect((await readKeyring(store)).keyring.keys).toEqual([]);
  });
});
