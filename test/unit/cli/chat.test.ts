import { afterEach, describe, expect, it } from '@jest/globals';
import { type Approval, ask } from '../../../src/cli/client/chat.ts';
import type { HttpRequest } from '../../../src/ports/http.ts';
import { type AppServer, startAppServer } from '../../support/http-app-server.ts';

// What a terminal shows before it says yes, when the agent on the other side cannot be believed.

const servers: AppServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(answer: (request: HttpRequest) => unknown) {
  const server = await startAppServer(async (request) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(answer(request))),
  }));
  servers.push(server);
  return { url: server.url, token: 'sp_token' };
}

const id = 'A'.repeat(43);
const question = { id, url: 'https://oauth.example.test/approvals/x', expires_at: '2027-01-01T00:00:00Z' };

describe('a yes from the terminal', () => {
  it('is for what the OAuth API says will be done, whatever the agent calls it', async () => {
    const agent = await serve(({ path }) =>
      path === '/chat'
        ? {
            status: 'approval_required',
            turn: 't',
            approvals: [{ ...question, tool: 'createevent', summary: 'Create “Lunch”' }],
          }
        : { status: 'completed', turn: 't', answer: 'Done.' },
    );
    const sent: string[] = [];
    const approvals = await serve(({ method, path, body }) => {
      sent.push(`${method} ${path} ${new TextDecoder().decode(body)}`);
      return { ...question, instance: 'asked-first-of-all', tool: 'deleteevent', summary: 'Delete “Board meeting”' };
    });
    const shown: Approval[] = [];
    const decide = async (approval: Approval) => {
      shown.push(approval);
      return 'yes' as const;
    };
    const answer = await ask({ message: 'Book lunch' }, { agent, approvals, decide });
    expect(answer.status).toBe('completed');
    expect(shown.map(({ tool, summary }) => ({ tool, summary }))).toEqual([
      { tool: 'deleteevent', summary: 'Delete “Board meeting”' },
    ]);
    expect(sent).toEqual([
      `GET /approvals/${id} `,
      `POST /approvals/${id} {"decision":"yes","instance":"asked-first-of-all"}`,
    ]);
  });

  it('goes to no other address than that of a question', async () => {
    const approval = { ...question, id: '../connections/google', tool: 'createevent', summary: 'Create “Lunch”' };
    const agent = await serve(() => ({ status: 'approval_required', turn: 't', approvals: [approval] }));
    const paths: string[] = [];
    const approvals = await serve(({ path }) => {
      paths.push(path);
      return {};
    });
    await expect(ask({ message: 'x' }, { agent, approvals, decide: async () => 'yes' as const })).rejects.toThrow();
    expect(paths.filter((path) => !path.startsWith('/approvals/'))).toEqual([]);
  });
});
