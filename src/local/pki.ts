import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createFileSigner, generateSignerKey } from '../adapters/embedded/file-signer.ts';
import {
  type CertificateAuthority,
  createAuthorityCertificate,
  type EndCertificateRequest,
  type IssuedCertificate,
  issueCertificate,
  type Validity,
} from '../certificates/issue.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { damagedFile } from './damaged.ts';
import type { Home } from './home.ts';

// This machine's own certificates: one authority for clients (the truststore of the MCP door), another for servers, so that
// a server's certificate can never open the door. What is close to its end is issued anew at each start; clients' certificates are renewal.ts's.

const DAY_MS = 24 * 3600 * 1000;
const AUTHORITY_DAYS = 3650;
const CERTIFICATE_DAYS = 30;
/** A certificate with less than this left is replaced: the same ten days before its end as on AWS. */
const RENEW_BEFORE_MS = 10 * DAY_MS;

export interface Pki {
  readonly clientCa: CertificateAuthority;
  readonly serverCa: CertificateAuthority;
  readonly server: IssuedCertificate;
}

interface PkiOptions {
  readonly home: Home;
  readonly clock: Clock;
  readonly random: Random;
}

/** Five minutes back, for clocks that disagree a little. */
function validity(nowMs: number, days: number): Validity {
  return { notBefore: new Date(nowMs - 300_000), notAfter: new Date(nowMs + days * DAY_MS) };
}

const stillGood = (certificate: X509Certificate, nowMs: number): boolean =>
  certificate.validToDate.getTime() - nowMs > RENEW_BEFORE_MS;

/** Everything that was issued hangs on an authority, so a damaged one is not replaced behind anybody's back. */
function readAuthority(home: Home, name: string, key: string, certificate: string) {
  try {
    return { parsed: new X509Certificate(certificate), signer: createFileSigner(key) };
  } catch (cause) {
    const mend = `Put it and ${home.path(`${name}.key`)} back from a copy, or remove the folder to start anew (connections are then lost).`;
    throw damagedFile(home.path(`${name}.crt`), mend, cause);
  }
}

/** Nothing when either is damaged: another one is issued. */
function readPair(certificate: string, privateKey: string): X509Certificate | undefined {
  try {
    const parsed = new X509Certificate(certificate);
    return parsed.checkPrivateKey(createPrivateKey(privateKey)) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

async function ensureAuthority(options: PkiOptions, name: string, subject: string): Promise<CertificateAuthority> {
  const { home, clock, random } = options;
  const key = home.read(`${name}.key`);
  const certificate = home.read(`${name}.crt`);
  if (key !== undefined && certificate !== undefined) {
    const { parsed, signer } = readAuthority(home, name, key, certificate);
    if (stillGood(parsed, clock.nowMs())) return { certificate, signer };
  }
  const newKey = generateSignerKey();
  const signer = createFileSigner(newKey);
  const request = { name: subject, validity: validity(clock.nowMs(), AUTHORITY_DAYS), random: random.bytes(16) };
  const newCertificate = await createAuthorityCertificate(signer, request);
  home.write(`${name}.key`, newKey);
  home.write(`${name}.crt`, newCertificate);
  return { certificate: newCertificate, signer };
}

type Names = Pick<EndCertificateRequest, 'kind' | 'subject' | 'names'>;

async function ensureCertificate(
  options: PkiOptions,
  name: string,
  authority: CertificateAuthority,
  names: Names,
): Promise<IssuedCertificate> {
  const { home, clock, random } = options;
  const certificate = home.read(`${name}.crt`);
  const privateKey = home.read(`${name}.key`);
  if (certificate !== undefined && privateKey !== undefined) {
    const known = readPair(certificate, privateKey);
    const issuedByThis = known?.verify(new X509Certificate(authority.certificate).publicKey) === true;
    if (issuedByThis && stillGood(known, clock.nowMs())) return { certificate, privateKey };
  }
  const request = { ...names, validity: validity(clock.nowMs(), CERTIFICATE_DAYS), random: random.bytes(16) };
  const issued = await issueCertificate(authority, request);
  home.write(`${name}.key`, issued.privateKey);
  home.write(`${name}.crt`, issued.certificate);
  return issued;
}

export async function ensurePki(options: PkiOptions): Promise<Pki> {
  const clientCa = await ensureAuthority(options, 'client-ca', 'CN=Sallyport local client CA');
  const serverCa = await ensureAuthority(options, 'server-ca', 'CN=Sallyport local server CA');
  const server = await ensureCertificate(options, 'server', serverCa, {
    kind: 'server',
    subject: 'CN=localhost',
    names: [
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ],
  });
  return { clientCa, serverCa, server };
}
