import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './command.ts';

// Whether what was deployed answers as it should: health where there is some, refusals at the doors, and, where a token is given, one real
// question by the test client. A fresh domain may take minutes to be known, so that is waited for; a wrong answer is not.

const PATIENCE_MS = 120_000;
const PAUSE_MS = 3_000;
const REQUEST_MS = 15_000;

export const NO_SMOKE_OPTION = {
  'no-smoke': { type: 'boolean', help: 'do not try the doors afterwards' },
} as const;

export interface SmokeUrls {
  readonly agent: string;
  readonly mcp: string;
  readonly oauth: string;
  readonly keyDoor?: string;
  readonly oauthDoor?: string;
  /** Function URLs: for callers who sign, and for callers with a token. */
  readonly stream?: string;
  readonly streamBearer?: string;
}

interface Knock {
  readonly what: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /**
   * Answers that are right: statuses; `tls`, no answer at all, because the handshake was refused; `gateway`, API Gateway's own refusal, which
   * no function saw.
   */
  readonly right: readonly (number | 'tls' | 'gateway')[];
}

/** Doors to the tools that there are only where they are wanted. A client finds by the OAuth door itself who makes tokens for it. */
function doorKnocks({ keyDoor, oauthDoor }: SmokeUrls): readonly Knock[] {
  const refuses = (what: string, url: string): Knock => ({ what, method: 'POST', url: `${url}/mcp`, right: [401] });
  return [
    ...(keyDoor === undefined ? [] : [refuses('the key door refuses strangers', keyDoor)]),
    ...(oauthDoor === undefined
      ? []
      : [
          {
            what: 'the OAuth door says who makes tokens for it',
            method: 'GET' as const,
            url: `${oauthDoor}/.well-known/oauth-protected-resource/mcp`,
            right: [200],
          },
          refuses('the OAuth door refuses strangers', oauthDoor),
        ]),
  ];
}

function streamKnocks({ stream, streamBearer }: SmokeUrls): readonly Knock[] {
  const signed: Knock | undefined =
    stream === undefined
      ? undefined
      : {
          what: 'the Function URL lets nobody in who does not sign',
          method: 'POST',
          url: `${stream}/chat`,
          right: [403, 'gateway'],
        };
  const open: readonly Knock[] =
    streamBearer === undefined
      ? []
      : [
          {
            what: 'the Function URL for tokens is healthy',
            method: 'GET',
            url: `${streamBearer}/health`,
            right: [200],
          },
          {
            what: 'the Function URL for tokens refuses strangers',
            method: 'POST',
            url: `${streamBearer}/chat`,
            right: [401],
          },
        ];
  return [...(signed === undefined ? [] : [signed]), ...open];
}

/** The other side's, for want of a certificate. What is wrong with its own (`CERT_HAS_EXPIRED` and the like) is none. */
const TLS_REFUSALS =
  /^ERR_SSL_.*(?:CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|ALERT_BAD_CERTIFICATE)$|^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/;
/** As it answers who has the wrong certificate. Our functions' refusals have an `error`. */
const GATEWAYS_OWN = '{"message":"Forbidden"}';
const NOT_THERE_YET = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT/;

/** The status, `tls`, `gateway`, or what else happened. */
async function knock({ method, url }: Knock): Promise<number | string> {
  try {
    const body = method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {};
    const response = await fetch(url, { method, ...body, signal: AbortSignal.timeout(REQUEST_MS), redirect: 'manual' });
    const text = await response.text();
    return response.status === 403 && text === GATEWAYS_OWN ? 'gateway' : response.status;
  } catch (error) {
    const { cause, name } = error as Error & { readonly cause?: { readonly code?: string } };
    const code = cause?.code ?? name;
    return TLS_REFUSALS.test(code) ? 'tls' : code;
  }
}

function knocks(urls: SmokeUrls): readonly Knock[] {
  const health = (what: string, url: string): Knock => ({ what, method: 'GET', url: `${url}/health`, right: [200] });
  return [
    health('the Agent API is healthy', urls.agent),
    health('the OAuth API is healthy', urls.oauth),
    { what: 'the Agent API refuses strangers', method: 'POST', url: `${urls.agent}/chat`, right: [401] },
    { what: 'the OAuth API refuses strangers', method: 'GET', url: `${urls.oauth}/grants`, right: [401] },
    {
      what: 'the agent door lets nobody in without a certificate',
      method: 'POST',
      url: `${urls.mcp}/mcp`,
      right: ['tls', 'gateway'],
    },
    ...doorKnocks(urls),
    ...streamKnocks(urls),
  ];
}

/** The test client with a question that changes nothing; token and addresses in its environment, never on its command line. */
async function askQuestion(context: Context, urls: SmokeUrls, token: string): Promise<boolean> {
  const child = spawn(process.execPath, ['scripts/test-client.ts', 'am I free tomorrow at three?'], {
    env: { ...process.env, SALLYPORT_AGENT_URL: urls.agent, SALLYPORT_OAUTH_URL: urls.oauth, SALLYPORT_TOKEN: token },
    // What the person's calendar says is nothing for a deployment's log.
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  context.say(code === 0 ? '  ok    a question is answered' : `  WRONG a question is not answered: ${stderr.trim()}`);
  return code === 0;
}

/** Says each thing as it is found; answers whether all is right. */
export async function smokeTest(context: Context, urls: SmokeUrls): Promise<boolean> {
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  let allRight = true;
  for (const one of knocks(urls)) {
    let answer = await knock(one);
    while (
      !one.right.includes(answer as number | 'tls') &&
      NOT_THERE_YET.test(String(answer)) &&
      Date.now() < giveUpAtMs
    ) {
      await sleep(PAUSE_MS);
      answer = await knock(one);
    }
    const isRight = one.right.includes(answer as number | 'tls');
    context.say(isRight ? `  ok    ${one.what}` : `  WRONG ${one.what}: ${one.url} answered ${answer}`);
    allRight &&= isRight;
  }
  const token = process.env['SALLYPORT_SMOKE_TOKEN'];
  if (allRight && token !== undefined && token !== '') return askQuestion(context, urls, token);
  return allRight;
}

/** Where to knock: the outputs of the service, or what the environment says instead (SALLYPORT_AGENT_URL and the like). */
export function smokeUrls(outputs: Readonly<Record<string, unknown>>): SmokeUrls {
  const urls = (outputs['urls'] ?? {}) as Readonly<Record<string, string>>;
  const pick = (setting: string, name: string): string =>
    (process.env[setting] ?? urls[name] ?? '').replace(/\/(?:mcp)?$/, '').replace(/\/$/, '');
  const keyDoor = pick('SALLYPORT_KEY_URL', 'mcp-key');
  const oauthDoor = pick('SALLYPORT_OAUTH_DOOR_URL', 'mcp-oauth');
  const { stream, 'stream-bearer': streamBearer } = (outputs['stream_urls'] ?? {}) as Readonly<Record<string, string>>;
  return {
    agent: pick('SALLYPORT_AGENT_URL', 'agent'),
    mcp: pick('SALLYPORT_MCP_URL', 'mcp'),
    oauth: pick('SALLYPORT_OAUTH_URL', 'oauth'),
    ...(keyDoor === '' ? {} : { keyDoor }),
    ...(oauthDoor === '' ? {} : { oauthDoor }),
    ...(stream !== undefined && { stream }),
    ...(streamBearer !== undefined && { streamBearer }),
  };
}
