import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import { callApi, type Endpoint } from './client/api.ts';
import { ApiRefusal } from './client/api-refusal.ts';
import { proxyFor } from './client/proxy.ts';
import { createTransport, TransportError } from './client/transport.ts';
import { bad, type Finding, mind, ok } from './finding.ts';

// A person's look at their own side: is each API there, is the clock right, is each proof believed, is something connected, may an agent act.
// It only reads, and each thing that is wrong comes with the command that mends it.

type Environment = Readonly<Record<string, string | undefined>>;

const HEALTH_MS = 10_000;
/** Signatures of AWS are good for 5 minutes, delegations and tokens for as long as both clocks say so. */
const [CLOCK_MIND_S, CLOCK_BAD_S] = [30, 240];
const SOON_MS = 7 * 86_400_000;

export interface ApiUnderLook {
  /** `Agent API` */
  readonly name: string;
  readonly url: string;
}

const through = (environment: Environment, url: URL): string => {
  const proxy = proxyFor(environment, url);
  return proxy === undefined ? '' : ` through the proxy ${proxy.origin}`;
};

function whyNot(error: unknown): string {
  if (!(error instanceof TransportError)) return error instanceof Error ? error.message : 'an unknown fault';
  if (error.reason === 'timeout') return 'no answer within 10 seconds';
  const { code, message } = (error.cause ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return String(code ?? message ?? error.reason);
}

/** How far this computer's clock is ahead, in seconds; the answer's own way is counted as half of it each. */
function clockFinding(date: string | undefined, sentMs: number, gotMs: number): readonly Finding[] {
  const thereMs = Date.parse(date ?? '');
  if (Number.isNaN(thereMs)) return [];
  // `Date` has whole seconds: half of one is added on average.
  const ahead = Math.round(((sentMs + gotMs) / 2 - thereMs - 500) / 1000);
  const off = Math.abs(ahead);
  if (off < CLOCK_MIND_S) return [];
  const what = `This computer’s clock is ${off} s ${ahead > 0 ? 'ahead' : 'behind'}`;
  const mend = 'set the clock by the network, such as: sudo timedatectl set-ntp true';
  return [off < CLOCK_BAD_S ? mind(what, mend) : bad(`${what}: proofs are refused`, mend)];
}

/** Whether it answers, how fast, and whether its clock is ours. */
export async function examineReach(api: ApiUnderLook, environment: Environment): Promise<readonly Finding[]> {
  const sentMs = Date.now();
  try {
    const url = new URL(`${api.url}/health`);
    const transport = createTransport(environment);
    const answer = await transport({ method: 'GET', url, headers: {}, answerMs: HEALTH_MS, once: true });
    const gotMs = Date.now();
    // Behind SigV4 a stranger is refused, which is an answer too.
    const answers = answer.status === 200 || answer.status === 401 || answer.status === 403;
    for await (const _ of answer.body);
    const where = `The ${api.name} at ${url.origin}${through(environment, url)}`;
    const clock = clockFinding(answer.headers['date'], sentMs, gotMs);
    if (!answers) return [bad(`${where} answers ${answer.status}`, 'ask your operator: make doctor'), ...clock];
    return [ok(`${where} answers (${gotMs - sentMs} ms)`), ...clock];
  } catch (error) {
    const mend = /\/\/(?:127|localhost|\[::1\])/.test(api.url)
      ? 'make dev'
      : 'check the address, the network and HTTPS_PROXY';
    return [bad(`The ${api.name} at ${api.url} does not answer (${whyNot(error)})`, mend)];
  }
}

/** A question that needs the proof; what it is refused with tells what is wrong. */
async function looked<Value>(
  what: string,
  mend: string,
  look: () => Promise<Value>,
): Promise<{ readonly found: Value } | { readonly finding: Finding }> {
  try {
    return { found: await look() };
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 401) return { finding: bad(`${what} is not believed`, mend) };
    if (error instanceof ApiRefusal && error.status === 403)
      return { finding: bad(`${what} may not do this: ${error.message}`, mend) };
    if (error instanceof ApiRefusal || error instanceof AppError) return { finding: bad(error.message, mend) };
    throw error;
  }
}

const tools = z.looseObject({ tools: z.array(z.looseObject({ name: z.string() })) });

/** Whether the Agent API believes who asks, and reaches the tools for them. */
export async function examineAgent(agent: Endpoint, mend: string): Promise<readonly Finding[]> {
  const contacts = await looked('Your proof to the Agent API', mend, () =>
    callApi(agent, { method: 'GET', path: '/contacts' }, z.looseObject({ contacts: z.array(z.unknown()) })),
  );
  if ('finding' in contacts) return [contacts.finding];
  const believed = ok('The Agent API knows who you are');
  const listed = await looked('The list of tools', 'ask your operator: make doctor', () =>
    callApi(agent, { method: 'GET', path: '/api/tools/fetch' }, tools),
  );
  if ('finding' in listed) return [believed, listed.finding];
  const count = listed.found.tools.length;
  if (count === 0)
    return [believed, mind('Your token reaches no tool', 'ask your operator for a token with more scopes')];
  return [believed, ok(`The agent has ${count} tool${count === 1 ? '' : 's'} for you`)];
}

const connections = z.looseObject({
  connections: z.array(z.looseObject({ provider: z.string(), status: z.string() })),
});
const grants = z.looseObject({ grants: z.array(z.looseObject({ agent: z.string(), expires_at: z.string() })) });
const approvals = z.looseObject({ approvals: z.array(z.unknown()) });

const CONNECT = 'sallyport connect google';

function connectionFindings(found: z.infer<typeof connections>['connections']): readonly Finding[] {
  const google = found.find(({ provider }) => provider === 'google');
  if (google?.status === 'connected') return [ok('Google is connected')];
  if (google === undefined) return [mind('Google is not connected', CONNECT)];
  if (google.status === 'revoked') return [mind('Google was disconnected', CONNECT)];
  return [bad(`The connection to Google cannot be used (${google.status})`, CONNECT)];
}

function grantFindings(found: z.infer<typeof grants>['grants']): readonly Finding[] {
  if (found.length === 0) return [mind('No agent may act for you', CONNECT)];
  return found.map(({ agent, expires_at }) => {
    const leftMs = Date.parse(expires_at) - Date.now();
    if (leftMs <= 0) return bad(`${agent} may act for you no longer`, CONNECT);
    const until = `${agent} may act for you until ${expires_at.slice(0, 10)}`;
    return leftMs < SOON_MS ? mind(until, CONNECT) : ok(until);
  });
}

/** Whether the OAuth API believes the token that may approve, and what it holds for this person. */
export async function examineConsent(oauth: Endpoint, mend: string): Promise<readonly Finding[]> {
  const held = await looked('Your token that approves', mend, () =>
    callApi(oauth, { method: 'GET', path: '/connections' }, connections),
  );
  if ('finding' in held) return [held.finding];
  const [granted, open] = await Promise.all([
    callApi(oauth, { method: 'GET', path: '/grants' }, grants),
    callApi(oauth, { method: 'GET', path: '/approvals' }, approvals),
  ]);
  const waiting = open.approvals.length;
  return [
    ok('The OAuth API believes your token that approves'),
    ...connectionFindings(held.found.connections),
    ...grantFindings(granted.grants),
    ...(waiting === 0 ? [] : [mind(`${waiting} waiting for your yes`, 'sallyport approvals')]),
  ];
}
