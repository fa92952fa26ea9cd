import { createPublicKey, randomBytes, verify, X509Certificate } from 'node:crypto';
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKmsSigner, toP1363 } from '../../src/adapters/aws/kms-signer.ts';
import { createFileSigner, generateSignerKey } from '../../src/adapters/embedded/file-signer.ts';
import { createAuthorityCertificate, issueCertificate } from '../../src/certificates/issue.ts';
import { findAuthority } from '../../src/certificates/truststore.ts';
import type { CertificateSigner } from '../../src/ports/certificate-signer.ts';
import { EMULATOR_START_MS, TEST_CREDENTIALS, TEST_REGION } from '../support/aws-emulator.ts';
import { type Ministack, startMinistack } from '../support/ministack.ts';
import { hasPython } from '../support/python.ts';

// What every signer promises (src/ports/certificate-signer.ts): a key in a file, and one in KMS, against an emulator that signs digests (moto does not).

const DAY_MS = 86_400_000;
const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };

interface SignersUnderTest {
  readonly signer: CertificateSigner;
  /** Another key of the same kind. */
  readonly other: CertificateSigner;
  close(): Promise<void>;
}

async function openFiles(): Promise<SignersUnderTest> {
  const create = (): CertificateSigner => createFileSigner(generateSignerKey());
  return { signer: create(), other: create(), close: async () => {} };
}

let emulator: Ministack;
let client: KMSClient;

async function createKey(): Promise<string> {
  const spec = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } as const;
  const { KeyMetadata } = await client.send(new CreateKeyCommand(spec));
  if (KeyMetadata?.KeyId === undefined) throw new Error('the emulator made no key');
  return KeyMetadata.KeyId;
}

async function openKms(): Promise<SignersUnderTest> {
  emulator = await startMinistack();
  client = new KMSClient({ endpoint: emulator.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS });
  return {
    signer: createKmsSigner({ keyId: await createKey(), client }),
    other: createKmsSigner({ keyId: await createKey(), client }),
    close: () => emulator.stop(),
  };
}

function describeSigners(
  name: string,
  open: () => Promise<SignersUnderTest>,
  more: () => void,
  available = true,
): void {
  (available ? describe : describe.skip)(`CertificateSigner: ${name}`, () => {
    let under: SignersUnderTest;
    let signer: CertificateSigner;
    beforeAll(async () => {
      under = await open();
      signer = under.signer;
    }, EMULATOR_START_MS);
    afterAll(() => under?.close());

    const key = async (of = signer) => {
      const spki = Buffer.from(await of.publicKey());
      return createPublicKey({ key: spki, format: 'der', type: 'spki' });
    };

    it('tells a P-256 public key, the same each time', async () => {
      expect((await key()).asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
      expect(Buffer.from(await signer.publicKey())).toEqual(Buffer.from(await signer.publicKey()));
      expect((await key()).equals(await key(under.other))).toBe(false);
    });

    it('signs in 64 bytes that OpenSSL takes for an ECDSA signature of the data, and of nothing else', async () => {
      // Often enough to meet halves that begin with zeros or need none.
      for (let count = 0; count < 40; count += 1) {
        const data = new Uint8Array(randomBytes(10 + count * 40));
        const signature = await signer.sign(data);
        expect(signature).toHaveLength(64);
        const check = async (bytes: Uint8Array, of = signer) =>
          verify('sha256', bytes, { key: await key(of), dsaEncoding: 'ieee-p1363' }, signature);
        expect(await check(data)).toBe(true);
        expect(await check(Buffer.concat([data, Buffer.from([0])]))).toBe(false);
        expect(await check(data, under.other)).toBe(false);
      }
    });

    it('makes an authority whose certificates chain to it', async () => {
      const certificate = await createAuthorityCertificate(signer, {
        name: 'CN=Signer CA',
        validity,
        random: randomBytes(16),
      });
      const authority = new X509Certificate(certificate);
      expect(authority.verify(authority.publicKey)).toBe(true);
      const issued = await issueCertificate(
        { certificate, signer },
        {
          kind: 'client',
          subject: 'CN=agent',
          names: [{ type: 'url', value: 'spiffe://sallyport.local/dev/agent/assistant' }],
          validity,
          random: randomBytes(16),
        },
      );
      const leaf = new X509Certificate(issued.certificate);
      expect(leaf.checkIssued(authority)).toBe(true);
      expect(leaf.verify(authority.publicKey)).toBe(true);
      expect((await findAuthority(certificate, signer))?.name).toBe('CN=Signer CA');
      expect(await findAuthority(certificate, under.other)).toBeUndefined();
    });

    more();
  });
}

describeSigners('a file', openFiles, () => {});
describeSigners(
  'KMS',
  openKms,
  () => {
    it('takes no key that is none for such signatures', async () => {
      const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
      const signer = createKmsSigner({ keyId: KeyMetadata?.KeyId ?? '', client });
      await expect(signer.publicKey()).rejects.toMatchObject({ code: 'misconfigured' });
      await expect(signer.sign(new Uint8Array(3))).rejects.toMatchObject({ code: 'misconfigured' });
    });

    it('says that a key which is off or not there must be looked at', async () => {
      const keyId = await createKey();
      const off = createKmsSigner({ keyId, client });
      await off.publicKey();
      await client.send(new DisableKeyCommand({ KeyId: keyId }));
      await expect(off.sign(new Uint8Array(3))).rejects.toMatchObject({ code: 'misconfigured' });
      const absent = createKmsSigner({ keyId: 'alias/absent', client });
      await expect(absent.publicKey()).rejects.toMatchObject({ code: 'misconfigured' });
    });

    it('says that it may pass when KMS cannot be reached, and asks again', async () => {
      const config = { endpoint: 'http://127.0.0.1:9', region: TEST_REGION, credentials: TEST_CREDENTIALS };
      const away = createKmsSigner({ keyId: 'any', client: new KMSClient({ ...config, maxAttempts: 1 }) });
      await expect(away.publicKey()).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
      await expect(away.sign(new Uint8Array(3))).rejects.toMatchObject({ code: 'unavailable' });
    });
  },
  hasPython('what needs the AWS emulator'),
);

describe('a signature as KMS gives it', () => {
  const integer = (...bytes: number[]) => [0x02, bytes.length, ...bytes];
  const sequence = (...parts: number[][]) => new Uint8Array([0x30, parts.flat().length, ...parts.flat()]);

  it('is filled up to 32 bytes each half, and loses the zero that keeps it positive', () => {
    const high = Array.from({ length: 32 }, () => 0xff);
    const read = Buffer.from(toP1363(sequence(integer(1), integer(0, ...high))));
    expect(read.subarray(0, 32).toString('hex')).toBe(`${'00'.repeat(31)}01`);
    expect(read.subarray(32).toString('hex')).toBe('ff'.repeat(32));
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['no sequence', new Uint8Array([0x31, 6, ...integer(1), ...integer(2)])],
    ['one number', sequence(integer(1))],
    ['three numbers', sequence(integer(1), integer(2), integer(3))],
    ['an empty number', sequence([0x02, 0], integer(1))],
    ['a number that is too long', sequence(integer(...Array.from({ length: 33 }, () => 1)), integer(1))],
    ['a length that says more than there is', sequence(integer(1), [0x02, 9, 1])],
    ['another length', new Uint8Array([0x30, 9, ...integer(1), ...integer(2)])],
  ])('is refused when it is %s', (_what, der) => {
    expect(() => toP1363(der)).toThrow('cannot be read');
  });
});
