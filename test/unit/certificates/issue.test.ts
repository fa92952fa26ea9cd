import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createFileSigner, generateSignerKey } from '../../../src/adapters/embedded/file-signer.ts';
import { createAuthorityCertificate, issueCertificate } from '../../../src/certificates/issue.ts';

const DAY = 24 * 3600 * 1000;
const validity = { notBefore: new Date(Date.UTC(2026, 0, 1)), notAfter: new Date(Date.UTC(2026, 0, 1) + 30 * DAY) };

async function createAuthority() {
  const signer = createFileSigner(generateSignerKey());
  const certificate = await createAuthorityCertificate(signer, {
    name: 'CN=Test CA',
    validity,
    random: randomBytes(16),
  });
  return { certificate, signer };
}

describe('issuing certificates', () => {
  it('makes an authority that may sign end certificates and nothing below it', async () => {
    const { certificate } = await createAuthority();
    const ca = new X509Certificate(certificate);
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(ca.checkIssued(ca)).toBe(true);
    // BasicConstraints {cA TRUE, pathLenConstraint 0}, RFC 5280 §4.2.1.9.
    expect(ca.raw.toString('hex')).toContain('30060101ff020100');
  });

  it('issues a client certificate that names the agent and is for clients only', async () => {
    const authority = await createAuthority();
    const identity = 'spiffe://sallyport.local/local/agent/assistant';
    const issued = await issueCertificate(authority, {
      kind: 'client',
      subject: 'CN=agent',
      names: [{ type: 'url', value: identity }],
      validity,
      random: randomBytes(16),
    });
    const certificate = new X509Certificate(issued.certificate);
    expect(certificate.subjectAltName).toBe(`URI:${identity}`);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(issued.privateKey))).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(certificate.validToDate).toEqual(validity.notAfter);
  });

  it('gives each certificate a serial number of its own', async () => {
    const authority = await createAuthority();
    const names = [{ type: 'dns', value: 'localhost' }] as const;
    const issue = () =>
      issueCertificate(authority, { kind: 'server', subject: 'CN=s', names, validity, random: randomBytes(16) });
    const serials = (await Promise.all([issue(), issue(), issue()])).map(
      ({ certificate }) => new X509Certificate(certificate).serialNumber,
    );
    expect(new Set(serials).size).toBe(3);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });
});
