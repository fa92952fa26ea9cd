import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { issueCertificate } from '../../src/certificates/issue.ts';
import { connectGoogle } from '../../src/cli/client/connect.ts';
import { ensureAgentCredentials } from '../../src/local/agent-credentials.ts';
import type { StandInAccount } from '../../src/local/google/stand-in-options.ts';
import { createHeadlessPerson } from '../../src/local/headless-person.ts';
import { type Home, openHome } from '../../src/local/home.ts';
import { type Machine, startMachine } from '../../src/local/machine.ts';
import { ensureSecrets } from '../../src/local/secrets.ts';
import { createOperator, type Operator } from '../../src/operator/operator.ts';
import type { CredentialsDocument } from '../../src/trust/credentials.ts';
import { type GrantRecord, grantKey } from '../../src/trust/grant.ts';
import type { TestAuthority } from './certificates.ts';

// The whole system for one test file: real TLS, the handlers that Lambda runs, a stand-in Google, a store in memory.

export type LogLine = Readonly<Record<string, unknown>>;

export interface TestMachine {
  readonly machine: Machine;
  readonly home: Home;
  readonly operator: Operator;
  /** Every line that any service has logged so far, as text. */
  readonly logText: string[];
  lines(event: string): readonly LogLine[];
  /** Sends the person through the real OAuth flow with one of the stand-in's accounts. */
  connect(options?: {
    readonly token?: string;
    readonly account?: string;
    readonly scopes?: readonly string[];
  }): Promise<void>;
  /** Another agent with its own certificate and key, known to the door. */
  addAgent(
    agent: string,
    options?: { readonly notBefore?: Date; readonly notAfter?: Date },
  ): Promise<CredentialsDocument>;
  /** The authority that the door trusts, to make certificates that it must still refuse. */
  clientAuthority(): Promise<TestAuthority>;
  /** A grant that is just there, for agents that no page offers. */
  grant(agent: string, person: string): Promise<void>;
  close(): Promise<void>;
}

export interface TestMachineOptions {
  readonly given?: Readonly<Record<string, string>>;
  readonly storeFile?: string;
  readonly home?: string;
  /** As `MachineOptions.googleStateFile`. */
  readonly googleStateFile?: string;
  /** As `MachineOptions.accounts`. */
  readonly accounts?: readonly StandInAccount[];
}

const random = { bytes: (count: number): Uint8Array => randomBytes(count) };
const clock = { nowMs: (): number => Date.now() };
const DAY_MS = 86_400_000;

export async function startTestMachine(options: TestMachineOptions = {}): Promise<TestMachine> {
  const folder = options.home ?? mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  const home = openHome(folder);
  const logText: string[] = [];
  const machine = await startMachine({
    home,
    given: { SALLYPORT_MODEL: 'offline', SALLYPORT_RATE_PER_MINUTE: '100000', ...options.given },
    writeLog: (line) => void logText.push(line),
    ...(options.storeFile === undefined ? {} : { storeFile: options.storeFile }),
    ...(options.googleStateFile === undefined ? {} : { googleStateFile: options.googleStateFile }),
    ...(options.accounts === undefined ? {} : { accounts: options.accounts }),
  });
  const operator = createOperator({ store: machine.store, clock, random });
  return {
    machine,
    home,
    operator,
    logText,
    lines: (event) => logText.map((line) => JSON.parse(line) as LogLine).filter((line) => line['event'] === event),
    connect: async ({ token = machine.access.oauth.token, account = machine.person.email, scopes } = {}) => {
      const browser = createHeadlessPerson({ account, googleOrigin: new URL(machine.google.url).origin });
      const outcome = await connectGoogle({
        oauth: { url: machine.access.oauth.url, token },
        ...(scopes === undefined ? {} : { scopes }),
        open: async (url) => void (await browser.visit(url)),
      });
      if (outcome.status !== 'connected') throw new Error(`not connected: ${JSON.stringify(outcome)}`);
    },
    addAgent: async (agent, validity = {}) => {
      const identity = `spiffe://sallyport.local/local/${agent}`;
      const certificate = await issueCertificate(machine.pki.clientCa, {
        kind: 'client',
        subject: 'CN=test agent',
        names: [{ type: 'url', value: identity }],
        validity: {
          notBefore: validity.notBefore ?? new Date(Date.now() - DAY_MS),
          notAfter: validity.notAfter ?? new Date(Date.now() + DAY_MS),
        },
        random: randomBytes(16),
      });
      const hmacMaster = Buffer.from(ensureSecrets(home, random).hmac_master, 'base64url');
      const serverCa = machine.pki.serverCa.certificate;
      return ensureAgentCredentials({ store: machine.store, clock, identity, hmacMaster, certificate, serverCa });
    },
    clientAuthority: async () => {
      const key = createPrivateKey(home.read('client-ca.key') ?? '').export({ type: 'pkcs8', format: 'der' });
      const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
      const privateKey = await webcrypto.subtle.importKey('pkcs8', key, algorithm, false, ['sign']);
      const pem = machine.pki.clientCa.certificate;
      return { pem, certificate: new x509.X509Certificate(pem), privateKey };
    },
    grant: async (agent, person) => {
      const now = Math.floor(Date.now() / 1000);
      const scopes = ['calendar.read', 'calendar.write'];
      const record: GrantRecord = { v: 1, agent, person, scopes, granted_at: now, expires_at: now + 3600 };
      await machine.store.set(grantKey(agent, person), JSON.stringify(record));
    },
    close: async () => {
      await machine.close();
      if (options.home === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
