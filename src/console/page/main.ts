import { type Api, ApiError, createApi } from './api.ts';
import { createConsole } from './console.ts';
import { fill } from './dom.ts';
import { openSession } from './session.ts';
import { createHandOver, createSignIn } from './sign-in.ts';

// The console's beginning: a token for this tab, or the question for one.

const session = openSession();

function signIn(problem?: string): void {
  session.forget();
  const view = createSignIn((token) => {
    session.keep(token);
    void start();
  }, problem);
  fill(document.body, view.node);
  view.field.focus();
}

/** Whose token it is does not matter to this page; whether it opens the agent does. */
async function tryToken(api: Api): Promise<string | undefined> {
  try {
    await api.json('GET', '/contacts');
    return undefined;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401)
      return 'This token is not accepted: unknown, expired, or not for the agent.';
    return error instanceof Error ? error.message : 'The Agent API does not answer.';
  }
}

async function start(): Promise<void> {
  const api = createApi(session.token);
  const problem = await tryToken(api);
  if (problem !== undefined) {
    signIn(problem);
    return;
  }
  const oauthUrl = document.documentElement.dataset['oauthUrl'];
  createConsole({
    api,
    oauthUrl: oauthUrl === undefined || oauthUrl === '' ? undefined : oauthUrl,
    onSignedOut: (words) => signIn(words),
  });
}

function begin(): void {
  if (session.token() === undefined) signIn();
  else void start();
}

const { handed } = session;
if (handed === undefined) begin();
else {
  const question = createHandOver((accepted) => {
    if (accepted) session.keep(handed);
    begin();
  });
  fill(document.body, question.node);
  question.first.focus();
}
