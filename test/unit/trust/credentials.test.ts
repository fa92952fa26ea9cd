import { beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '../../../src/kernel/app-error.ts';
import { type CredentialsDocument, parseCredentials } from '../../../src/trust/credentials.ts';
import { createTestCertificate, testAgentCertificate, testAuthority } from '../../support/certificates.ts';

let good: CredentialsDocument;

beforeAll(async () => {
  const { pem, keyPem } = await testAgentCertificate();
  const secret = Buffer.alloc(32, 9).toString('base64url');
  good = { v: 1, certificate: pem, private_key: keyPem, key_id: 'agent/assistant#1', secret };
});

function faultOf(document: unknown): string {
  try {
    parseCredentials(typeof document === 'string' ? document : JSON.stringify(document));
    return 'none';
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'misconfigured') throw error;
    return error.message;
  }
}

describe("an agent's credentials", () => {
  it('are one document whose parts belong together', () => {
    const credentials = parseCredentials(JSON.stringify(good));
    expect(credentials.keyId).toBe('agent/assistant#1');
    expect(credentials.certificate.spiffeId.agent).toBe('agent/assistant');
    expect(credentials.hmacKey.export()).toEqual(Buffer.alloc(32, 9));
  });

  it('may carry the chain behind the certificate', async () => {
    const chain = `${good.certificate}\n${(await testAuthority()).pem}`;
    expect(faultOf({ ...good, certificate: chain })).toBe('none');
  });

  it('are refused when a part is missing, damaged, or of another generation', async () => {
    const other = await testAgentCertificate('agent/other');
    const server = await createTestCertificate({ usages: ['1.3.6.1.5.5.7.3.1'] });
    expect(faultOf('not json')).toContain('known form');
    expect(faultOf({ ...good, v: 2 })).toContain('known form');
    expect(faultOf({ ...good, secret: 'short' })).toContain('known form');
    expect(faultOf({ ...good, certificate: 'x' })).toContain('certificate_malformed');
    expect(faultOf({ ...good, certificate: server.pem })).toContain('certificate_usage');
    expect(faultOf({ ...good, private_key: 'x' })).toContain('private key cannot be read');
    expect(faultOf({ ...good, private_key: other.keyPem })).toContain('not that of the certificate');
    expect(faultOf({ ...good, key_id: 'agent/other#1' })).toContain('key id');
  });

  it('never appear in the words of a refusal', () => {
    const canary = 'CANARY-0123456789-CANARY-0123456789-CANARY-';
    for (const document of [`{"secret":"${canary}`, { ...good, key_id: canary }, { ...good, private_key: canary }]) {
      try {
        parseCredentials(typeof document === 'string' ? document : JSON.stringify(document));
      } catch (error) {
        const { message, cause } = error as AppError;
        expect(`${message} ${cause instanceof Error ? cause.message : ''}`).not.toContain('CANARY');
      }
    }
    expect.assertions(3);
  });
});
