import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

// Certificates for tests, made once a process: an authority, agents, and every kind of certificate a door must refuse.
// Made by a library of its own, not by `src/certificates`, so that issuer and door cannot share a mistake.

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const P384 = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' } as const;
const DAY_MS = 86_400_000;

export const TEST_TRUST_DOMAIN = 'sallyport.local';
export const TEST_ENVIRONMENT = 'local';

export interface TestAuthority {
  readonly pem: string;
  readonly certificate: x509.X509Certificate;
  readonly privateKey: webcrypto.CryptoKey;
}

export interface TestCertificate {
  readonly pem: string;
  /** PKCS #8 PEM. */
  readonly keyPem: string;
}

export interface TestCertificateOptions {
  /** Subject alternative names; default the SPIFFE id of `agent/assistant`. */
  readonly names?: readonly { readonly type: 'url' | 'dns' | 'ip'; readonly value: string }[];
  /** Extended key usage OIDs; default clientAuth. Empty leaves the extension out. */
  readonly usages?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Hex. */
  readonly serial?: string;
  readonly curve?: 'P-256' | 'P-384';
  readonly isAuthority?: boolean;
  /** Default: the shared test authority. */
  readonly authority?: TestAuthority;
}

export function spiffeId(agent: string, options: { trustDomain?: string; environment?: string } = {}): string {
  const { trustDomain = TEST_TRUST_DOMAIN, environment = TEST_ENVIRONMENT } = options;
  return `spiffe://${trustDomain}/${environment}/${agent}`;
}

function randomSerial(): string {
  return `4${Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
    .toString('hex')
    .slice(1)}`;
}

async function generateKeys(algorithm: typeof P256 | typeof P384): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

export async function createTestAuthority(name = 'CN=Sallyport test authority'): Promise<TestAuthority> {
  const keys = await generateKeys(P256);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 365 * DAY_MS),
    keys,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return { pem: certificate.toString('pem'), certificate, privateKey: keys.privateKey };
}

let sharedAuthority: Promise<TestAuthority> | undefined;

/** The authority of this process. */
export function testAuthority(): Promise<TestAuthority> {
  sharedAuthority ??= createTestAuthority();
  return sharedAuthority;
}

/** A fresh certificate; whatever is not said makes it a good one of `agent/assistant`. */
export async function createTestCertificate(options: TestCertificateOptions = {}): Promise<TestCertificate> {
  const authority = options.authority ?? (await testAuthority());
  const keys = await generateKeys(options.curve === 'P-384' ? P384 : P256);
  const usages = options.usages ?? [x509.ExtendedKeyUsage.clientAuth];
  // OpenSSL takes a certificate for an authority only when it may also sign others.
  const { digitalSignature, keyCertSign } = x509.KeyUsageFlags;
  const keyUsage = options.isAuthority === true ? digitalSignature | keyCertSign : digitalSignature;
  const names = options.names ?? [{ type: 'url', value: spiffeId('agent/assistant') }];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: options.serial ?? randomSerial(),
    subject: 'CN=test',
    issuer: authority.certificate.subject,
    notBefore: options.notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: options.notAfter ?? new Date(Date.now() + 30 * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(options.isAuthority ?? false, undefined, true),
      new x509.KeyUsagesExtension(keyUsage, true),
      ...(usages.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension([...usages], false)]),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension([...names], false)]),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { pem: certificate.toString('pem'), keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

const agents = new Map<string, Promise<TestCertificate>>();

/** The good certificate of an agent (`agent/assistant`) or bridge (`bridge/p_…`), the same one all through this process. */
export function testAgentCertificate(agent = 'agent/assistant'): Promise<TestCertificate> {
  const known = agents.get(agent);
  if (known !== undefined) return known;
  const made = createTestCertificate({ names: [{ type: 'url', value: spiffeId(agent) }] });
  agents.set(agent, made);
  return made;
}

/** A server certificate for loopback, for suites that open real TLS sockets. */
export function createTestServerCertificate(authority?: TestAuthority): Promise<TestCertificate> {
  return createTestCertificate({
    names: [
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ],
    usages: [x509.ExtendedKeyUsage.serverAuth],
    ...(authority === undefined ? {} : { authority }),
  });
}

const uri = (value: string) => [{ type: 'url' as const, value }];

/** Every kind that a door must refuse, by the reason it must refuse it for. */
export const refusedCertificates: Readonly<Record<string, () => Promise<TestCertificate>>> = {
  expired: () => createTestCertificate({ notAfter: new Date(Date.now() - 3_600_000) }),
  'not yet valid': () => createTestCertificate({ notBefore: new Date(Date.now() + 3_600_000) }),
  'server usage': () => createTestCertificate({ usages: [x509.ExtendedKeyUsage.serverAuth] }),
  'no usage': () => createTestCertificate({ usages: [] }),
  'no name': () => createTestCertificate({ names: [] }),
  'a host name only': () => createTestCertificate({ names: [{ type: 'dns', value: 'agent.example.org' }] }),
  'two identities': () =>
    createTestCertificate({ names: [...uri(spiffeId('agent/assistant')), ...uri(spiffeId('agent/other'))] }),
  'not a SPIFFE id': () => createTestCertificate({ names: uri('https://sallyport.local/local/agent/assistant') }),
  'another kind of path': () => createTestCertificate({ names: uri(spiffeId('server/assistant')) }),
  'another trust domain': () =>
    createTestCertificate({ names: uri(spiffeId('agent/assistant', { trustDomain: 'elsewhere.local' })) }),
  'another environment': () =>
    createTestCertificate({ names: uri(spiffeId('agent/assistant', { environment: 'production' })) }),
  'another curve': () => createTestCertificate({ curve: 'P-384' }),
  'an authority': () => createTestCertificate({ isAuthority: true }),
};
