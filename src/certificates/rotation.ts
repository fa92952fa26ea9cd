import { AppError } from '../kernel/app-error.ts';
import type { Secret } from '../kernel/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { CredentialsStore } from '../ports/credentials-store.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { type AgentCredentials, parseCredentials } from '../trust/credentials.ts';
import {
  applyRotation,
  planRotation,
  type RotationContext,
  type RotationStep,
  replaceKeys,
} from '../trust/key-rotation.ts';
import { KEYRING_KEY, type KeyringEntry, type KeyringRecord } from '../trust/keyring.ts';
import {
  composeDocument,
  DAY_MS,
  daysLeft,
  documentText,
  endOfCertificate,
  holdsKey,
  isIssuedBy,
  issueAgentCertificate,
  RENEW_BEFORE_DAYS,
} from './agent-credentials.ts';
import type { CertificateAuthority } from './issue.ts';
import { type KeyringStore, readKeyring } from './keyring-record.ts';
import { readAuthority } from './truststore.ts';

// Renews an agent's credentials: its certificate (30 days, renewed at 20) and its HMAC key, in the phases of src/trust/key-rotation.ts. Run it on a
// schedule, any schedule: each run does what is due then. Why no request is refused meanwhile, and why it may die or run twice at any moment:
//
//   · One write a pass, then everything is read again. So whatever a run left half done is just a state in which something is due.
//   · The document changes before the keyring says so: the new key has been believed for two cache lives by then. Were the keyring promoted first, a
//     run that died there would leave the agent signing with a key whose end is near.
//   · The document is one value, replaced whole; its secret is derived from the epoch, so two runs write the same one. A certificate that was
//     issued and never written has no use to anybody: its key is forgotten. The certificate it was to replace goes on for ten days.
//   · The keyring changes by compareAndSet only: of two runs one promotes, the other reads again.
//   · The document cannot be compared and set. A run that is slow may put an older key back over a newer one. It reads again and mends that; if it
//     dies before, the next run does. Therefore the old key has no end when the new one is promoted. It gets one from a run that finds
//     the new key in the document after every run that began before the promotion must have ended, and then lasts one more cache life and 120 s.
//   · `cacheSeconds` is the longest that anybody uses what was read: the keyring at a door, the document at the agent, with the time that an old
//     document serves while Parameter Store is away. What Lambda freezes counts from its reading, too.
//
// It refuses to begin from nothing (that is src/certificates/enrol.ts), and does not change the HMAC master: every verifier holds it, and
// a new one is an operator's decision.

export interface RotationDeps {
  /** `keyring` only. */
  readonly store: Pick<KeyringStore, 'get' | 'compareAndSet'>;
  readonly credentials: CredentialsStore;
  readonly authority: CertificateAuthority;
  readonly hmacMaster: Secret<Uint8Array>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface RotationOptions
  extends Pick<RotationContext, 'identity' | 'cacheSeconds' | 'drainSeconds' | 'runLimitSeconds'> {
  /** A key this old gets a successor. Default 30. */
  readonly keyDays?: number;
}

/** What somebody asks for besides what is due. Asking again, as a retry does, asks for nothing more once it is under way. */
export interface RotationWish {
  /** Begin with another key now. */
  readonly start?: boolean;
  /** Issue another certificate now. */
  readonly renew?: boolean;
  /** This key (`agent/assistant#3`) may be in other hands: doors refuse it once they read the keyring again, and the agent until it has read its new document. */
  readonly replace?: string;
}

export interface RotationReport {
  /** What this run wrote, in order: `certificate_renewed`, `credentials_written`, `key_published`, … */
  readonly steps: readonly string[];
  /** The key the agent signs with. */
  readonly key_id: string;
  /** ISO 8601, as the next two. */
  readonly certificate_ends: string;
  readonly authority_ends: string;
  /** What it waits for, if a rotation of the key is under way. */
  readonly next?: { readonly step: 'promote' | 'retire' | 'drop'; readonly not_before: string };
}

export interface Rotation {
  /** Does what is due. Rejects with AppError, after a log line and a `RotationFailed`, when it could not; nothing is lost then, and it may be run again. */
  run(wish?: RotationWish): Promise<RotationReport>;
}

/** A whole rotation takes six; what is more comes from others who write at the same time. */
const MAX_PASSES = 25;
const DEFAULT_KEY_DAYS = 30;

/** What a pass begins with. */
interface State {
  /** The keyring's text as it was read. */
  readonly raw: string;
  readonly keyring: KeyringRecord;
  /** Those of the agent. */
  readonly keys: readonly KeyringEntry[];
  readonly current: KeyringEntry;
  readonly held: AgentCredentials;
}

/** One run: what it was asked for and has not done yet, and what it has done. */
interface Run {
  readonly steps: string[];
  start: boolean;
  renew: boolean;
  readonly replace: string | undefined;
}

type Outcome = { readonly again: true } | { readonly again: false; readonly step: RotationStep; readonly state: State };

const AGAIN = { again: true } as const;
const notEnrolled = (what: string, cause?: unknown): AppError =>
  new AppError('misconfigured', `${what} Run \`make certs\` once.`, { cause });

const iso = (ms: number): string => new Date(ms).toISOString();

async function readState({ store, credentials }: RotationDeps, identity: string): Promise<State> {
  const { raw, keyring } = await readKeyring(store);
  const keys = keyring.keys.filter((entry) => entry.identity === identity);
  const current = keys.find((entry) => entry.state === 'current');
  if (raw === undefined || current === undefined) throw notEnrolled(`The keyring has no key of ${identity}.`);
  const document = await credentials.read();
  if (document === undefined) throw notEnrolled('There is no credentials document.');
  const held = parseCredentials(document.reveal());
  if (held.certificate.spiffeId.text !== identity) {
    throw new AppError('misconfigured', `The credentials document belongs to ${held.certificate.spiffeId.text}.`);
  }
  return { raw, keyring, keys, current, held };
}

export function createRotation(deps: RotationDeps, options: RotationOptions): Rotation {
  const { clock, log, hmacMaster, authority } = deps;
  const { identity, keyDays = DEFAULT_KEY_DAYS } = options;
  const issuer = readAuthority(authority.certificate);
  const context = (): RotationContext => ({ ...options, nowSeconds: Math.floor(clock.nowMs() / 1000) });

  function done(run: Run, step: string, fields: Readonly<Record<string, string>>): Outcome {
    run.steps.push(step);
    log.info(`rotation.${step}`, { identity, ...fields });
    return AGAIN;
  }

  /** False when somebody else was faster. */
  const writeKeyring = ({ raw }: State, keyring: KeyringRecord): Promise<boolean> =>
    deps.store.compareAndSet(KEYRING_KEY, raw, JSON.stringify(keyring));

  async function replaceLeaked(run: Run, state: State, leaked: KeyringEntry): Promise<Outcome> {
    // One that is on its way out only goes sooner. The next one is replaced with all others: its epoch must not come again.
    const isOld = leaked.state === 'previous';
    const keyring = isOld
      ? applyRotation(state.keyring, context(), { action: 'drop', keyIds: [leaked.key_id] })
      : replaceKeys(state.keyring, identity, context().nowSeconds);
    if (!(await writeKeyring(state, keyring))) return AGAIN;
    return done(run, isOld ? STEP_NAMES.drop : 'key_replaced', { key_id: leaked.key_id });
  }

  async function writeDocument(run: Run, state: State, key: KeyringEntry, reissue: boolean): Promise<Outcome> {
    const { document } = state.held;
    const certificate = reissue
      ? await issueAgentCertificate(deps, identity)
      : { certificate: document.certificate, privateKey: document.private_key };
    const next = composeDocument({ certificate, key, hmacMaster, serverCa: document.server_ca });
    const version = await deps.credentials.write(documentText(next));
    if (reissue) run.renew = false;
    return done(run, reissue ? 'certificate_renewed' : 'credentials_written', { key_id: key.key_id, version });
  }

  function isDue({ certificate, document }: AgentCredentials): boolean {
    if (!isIssuedBy(document.certificate, authority.certificate)) return true;
    const nowMs = clock.nowMs();
    const left = daysLeft(certificate.notAfterMs, nowMs);
    // An authority that itself is near its end gives nothing better: its own days left raise the alarm.
    const gain = daysLeft(endOfCertificate(issuer.notAfterMs, nowMs), nowMs) - left;
    return left <= 0 || (left < RENEW_BEFORE_DAYS && gain > 1);
  }

  async function pass(run: Run): Promise<Outcome> {
    const state = await readState(deps, identity);
    const leaked = state.keys.find((entry) => entry.key_id === run.replace);
    if (leaked !== undefined) return replaceLeaked(run, state, leaked);
    const old = clock.nowMs() - (state.current.since ?? 0) * 1000 >= keyDays * DAY_MS;
    const step = planRotation(state.keyring, context(), run.start || old);
    const next = state.keys.find((entry) => entry.state === 'next');
    // Between its write and the promotion a document holds the next key, and keeps it.
    const promoting = step.action === 'promote' && next !== undefined;
    const usable = promoting ? [next] : next === undefined ? [state.current] : [state.current, next];
    const held = usable.find((key) => holdsKey(state.held, key, hmacMaster));
    const reissue = run.renew || isDue(state.held);
    if (held === undefined || reissue) {
      return writeDocument(run, state, held ?? (promoting ? next : state.current), reissue);
    }
    if (step.action === 'wait' || step.action === 'none') return { again: false, step, state };
    if (!(await writeKeyring(state, applyRotation(state.keyring, context(), step)))) return AGAIN;
    if (step.action === 'publish') run.start = false;
    return done(run, STEP_NAMES[step.action], { key_id: 'keyId' in step ? step.keyId : step.keyIds.join(' ') });
  }

  function report(run: Run, { step, state }: Extract<Outcome, { again: false }>): RotationReport {
    const { certificate } = state.held;
    const nowMs = clock.nowMs();
    log.metric('CertificateDaysLeft', { certificate: 'agent' }, Math.floor(daysLeft(certificate.notAfterMs, nowMs)));
    log.metric('CertificateDaysLeft', { certificate: 'authority' }, Math.floor(daysLeft(issuer.notAfterMs, nowMs)));
    return {
      steps: run.steps,
      key_id: state.held.keyId,
      certificate_ends: iso(certificate.notAfterMs),
      authority_ends: iso(issuer.notAfterMs),
      ...(step.action === 'wait' ? { next: { step: step.next, not_before: iso(step.untilSeconds * 1000) } } : {}),
    };
  }

  async function runAll(wish: RotationWish): Promise<RotationReport> {
    const run: Run = {
      steps: [],
      start: wish.start === true,
      renew: wish.renew === true,
      replace: wish.replace,
    };
    for (let count = 0; count < MAX_PASSES; count += 1) {
      const outcome = await pass(run);
      if (!outcome.again) return report(run, outcome);
    }
    throw new AppError('conflict', 'Somebody else keeps changing the keyring or the credentials document.');
  }

  return {
    run: async (wish = {}) => {
      try {
        const answer = await runAll(wish);
        log.info('rotation.ended', { identity, steps: answer.steps, key_id: answer.key_id, next: answer.next?.step });
        return answer;
      } catch (error) {
        log.error('rotation.failed', { identity, cause: error instanceof Error ? error.message : typeof error });
        log.metric('RotationFailed', {});
        throw error;
      }
    },
  };
}

const STEP_NAMES = {
  publish: 'key_published',
  promote: 'key_promoted',
  retire: 'key_retired',
  drop: 'key_dropped',
} as const;
