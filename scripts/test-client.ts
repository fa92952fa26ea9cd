import { parseArgs } from 'node:util';
import { ask, type TurnAnswer } from '../src/cli/client/chat.ts';
import { readLocalFile } from '../src/cli/client/local-file.ts';
import { oneLine, visible } from '../src/cli/visible.ts';

// The test client: sends one message to an Agent API and prints the answer and the tool calls behind it.
// Address and tokens come from flags, else from the environment, else from the system that `make dev` runs here.

const USAGE = `Usage: make client Q="am I free tomorrow at three?" [ARGS="--yes --json"]

  --url URL              Agent API            (or SALLYPORT_AGENT_URL)
  --token TOKEN          its bearer token     (or SALLYPORT_TOKEN, which keeps it off the command line)
  --oauth-url URL        OAuth API            (or SALLYPORT_OAUTH_URL)
  --confirm-token TOKEN  token that approves  (or SALLYPORT_CONFIRM_TOKEN)
  --conversation ID      go on with an earlier conversation
  --zone ZONE            IANA time zone of the question (default: this machine's)
  --yes                  approve what the agent wants to write
  --json                 print the answer as JSON`;

function printAnswer(answer: TurnAnswer): void {
  for (const call of answer.tool_calls)
    console.log(visible(`  ${call.tool} ${JSON.stringify(call.arguments ?? {})} → ${call.outcome}`));
  if (answer.answer !== undefined) console.log(visible(answer.answer));
  if (answer.status === 'approval_required') {
    for (const item of answer.approvals)
      console.log(`needs your yes: ${oneLine(item.summary)}\n  ${oneLine(item.url)}`);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      token: { type: 'string' },
      'oauth-url': { type: 'string' },
      'confirm-token': { type: 'string' },
      conversation: { type: 'string' },
      zone: { type: 'string' },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const message = positionals.join(' ').trim();
  if (values.help || message === '') {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const environment = process.env;
  const local = readLocalFile(environment['SALLYPORT_HOME'] ?? '.sallyport');
  const url = values.url ?? environment['SALLYPORT_AGENT_URL'] ?? local?.agent.url;
  // The local system's tokens are for the local system alone.
  const localToken = (api: { readonly url: string; readonly token: string } | undefined, chosen: string | undefined) =>
    api?.url === chosen ? api?.token : undefined;
  const token = values.token ?? environment['SALLYPORT_TOKEN'] ?? localToken(local?.agent, url);
  const oauthUrl = values['oauth-url'] ?? environment['SALLYPORT_OAUTH_URL'] ?? local?.oauth.url;
  const confirmToken =
    values['confirm-token'] ?? environment['SALLYPORT_CONFIRM_TOKEN'] ?? localToken(local?.oauth, oauthUrl);
  if (url === undefined || token === undefined) {
    console.error('No Agent API is known. Start one here with `make dev`, or give --url and SALLYPORT_TOKEN.');
    return 2;
  }
  const approvals =
    oauthUrl !== undefined && confirmToken !== undefined ? { url: oauthUrl, token: confirmToken } : undefined;
  if (values.yes && approvals === undefined) {
    console.error('--yes needs the OAuth API and a token that approves: --oauth-url and SALLYPORT_CONFIRM_TOKEN.');
    return 2;
  }
  const answer = await ask(
    {
      message,
      timeZone: values.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      ...(values.conversation === undefined ? {} : { conversationId: values.conversation }),
    },
    {
      agent: { url: url.replace(/\/$/, ''), token },
      decide: async () => (values.yes ? 'yes' : undefined),
      ...(approvals === undefined ? {} : { approvals }),
    },
  );
  if (values.json) console.log(visible(JSON.stringify(answer, null, 2)));
  else printAnswer(answer);
  return answer.status === 'completed' || answer.status === 'approval_required' ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(visible(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
