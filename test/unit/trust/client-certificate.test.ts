import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { checkCertificate, parseClientCertificate } from '../../../src/trust/client-certificate.ts';
import {
  createTestCertificate,
  refusedCertificates,
  spiffeId,
  TEST_ENVIRONMENT,
  TEST_TRUST_DOMAIN,
  testAgentCertificate,
  testAuthority,
} from '../../support/certificates.ts';

const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';

function verdictOn(pem: string, nowMs = Date.now()): string {
  const parsed = parseClientCertificate(pem);
  if (!parsed.ok) return parsed.reason;
  const checked = checkCertificate(parsed.value, {
    trustDomain: TEST_TRUST_DOMAIN,
    environment: TEST_ENVIRONMENT,
    nowMs,
  });
  return checked.ok ? 'accepted' : checked.reason;
}

describe('the client certificate', () => {
  it('gives identity, serial, issuer, validity and thumbprint of the DER form', async () => {
    const { pem } = await createTestCertificate({ serial: '00ab12cd' });
    const parsed = parseClientCertificate(pem);
    if (!parsed.ok) throw new Error(parsed.reason);
    const { raw } = new X509Certificate(pem);
    expect(parsed.value).toMatchObject({
      spiffeId: { text: spiffeId('agent/assistant'), agent: 'agent/assistant' },
      serial: 'AB12CD',
      issuer: 'CN=Sallyport test authority',
      thumbprint: createHash('sha256').update(raw).digest('base64url'),
    });
    expect(parsed.value.notAfterMs - parsed.value.notBeforeMs).toBeGreaterThan(86_400_000);
  });

  it('names the one person of a bridge', async () => {
    const { pem } = await testAgentCertificate(`bridge/${PERSON}`);
    const parsed = parseClientCertificate(pem);
    expect(parsed).toMatchObject({ value: { spiffeId: { agent: `bridge/${PERSON}`, bridgePerson: PERSON } } });
  });

  it('may carry a host name beside its one identity', async () => {
    const names = [
      { type: 'dns' as const, value: 'agent.example.org' },
      { type: 'url' as const, value: spiffeId('agent/assistant') },
    ];
    expect(verdictOn((await createTestCertificate({ names })).pem)).toBe('accepted');
  });

  const reasons: Readonly<Record<string, string>> = {
    expired: 'certificate_expired',
    'not yet valid': 'certificate_not_yet_valid',
    'server usage': 'certificate_usage',
    'no usage': 'certificate_usage',
    'no name': 'certificate_identity',
    'a host name only': 'certificate_identity',
    'two identities': 'certificate_identity',
    'not a SPIFFE id': 'certificate_identity',
    'another kind of path': 'certificate_identity',
    'another trust domain': 'certificate_trust_domain',
    'another environment': 'certificate_environment',
    'another curve': 'certificate_key',
    'an authority': 'certificate_is_authority',
  };

  it.each(Object.keys(refusedCertificates))('is refused when it is or has: %s', async (kind) => {
    const made = await refusedCertificates[kind]?.();
    expect(verdictOn(made?.pem ?? '')).toBe(reasons[kind]);
  });

  it.each([
    ['an agent name in capitals', 'agent/Assistant'],
    ['an empty name', 'agent/'],
    ['a deeper path', 'agent/assistant/more'],
    ['a bridge of nobody', 'bridge/someone'],
  ])('is refused with %s', async (_case, agent) => {
    const { pem } = await createTestCertificate({ names: [{ type: 'url', value: spiffeId(agent) }] });
    expect(verdictOn(pem)).toBe('certificate_identity');
  });

  it('is refused when a name tries to look like two', async () => {
    const value = `${spiffeId('agent/other')}, URI:${spiffeId('agent/assistant')}`;
    const { pem } = await createTestCertificate({ names: [{ type: 'url', value }] });
    expect(verdictOn(pem)).toBe('certificate_identity');
  });

  it('is valid from its first moment through the whole of its last second', async () => {
    const notBefore = new Date('2026-01-01T00:00:00Z');
    const notAfter = new Date('2026-02-01T00:00:00Z');
    const { pem } = await createTestCertificate({ notBefore, notAfter });
    expect(verdictOn(pem, notBefore.getTime() - 1)).toBe('certificate_not_yet_valid');
    expect(verdictOn(pem, notBefore.getTime())).toBe('accepted');
    expect(verdictOn(pem, notAfter.getTime() + 999)).toBe('accepted');
    expect(verdictOn(pem, notAfter.getTime() + 1000)).toBe('certificate_expired');
  });

  it('is refused when the text holds no certificate, or more than one', async () => {
    const [{ pem, keyPem }, authority] = [await testAgentCertificate(), await testAuthority()];
    for (const text of [
      '',
      'hello',
      keyPem,
      `${pem}\n${authority.pem}`,
      pem.slice(0, 200),
      `${pem}${' '.repeat(20_000)}`,
    ]) {
      expect(verdictOn(text)).toBe('certificate_malformed');
    }
  });
});
