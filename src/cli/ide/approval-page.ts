import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../../kernel/app-error.ts';
import type { Approvals } from '../../oauth/approvals.ts';
import { approvalPage } from '../../oauth/pages/approval-page.ts';
import { messagePage } from '../../oauth/pages/message-page.ts';
import { stylesheet } from '../../oauth/pages/style.ts';
import { contentSecurityPolicy } from '../../oauth/security-headers.ts';

// A page on this computer where its user says yes or no to what a tool here would write, for clients that cannot ask by themselves. It listens on
// loopback only, from the first question on. Its addresses begin with a secret of this process; a form counts with a second one, so that no other
// page can send it; a Host that is not the one it listens at is refused (DNS rebinding).

export interface ApprovalPage {
  /** Opens the page, if need be. */
  addressOf(id: string): Promise<string>;
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

const MAX_FORM_BYTES = 4096;

const secret = (): string => randomBytes(24).toString('base64url');

function same(given: string | null, expected: string): boolean {
  const [left, right] = [Buffer.from(given ?? ''), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > MAX_FORM_BYTES) throw new AppError('too_large', 'This form is too long.');
    chunks.push(chunk as Buffer);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

export function createApprovalPage(options: { readonly answers: Approvals; readonly person: string }): ApprovalPage {
  const { answers, person } = options;
  const [path, csrf] = [secret(), secret()];
  let opened: Promise<{ readonly server: Server; readonly origin: string }> | undefined;

  async function answer(
    request: IncomingMessage,
    id: string,
    frame: { publicUrl: string; csrf: string },
  ): Promise<Page> {
    if (request.method === 'GET') {
      return { status: 200, body: String(await approvalPage(frame, await answers.read(person, id))) };
    }
    const form = await readForm(request);
    if (!same(form.get('csrf'), csrf))
      throw new AppError('forbidden', 'This form is not this page’s own. Open it again.');
    const decision = form.get('decision');
    if (decision !== 'yes' && decision !== 'no') throw new AppError('invalid_request', 'Say yes or no.');
    const instance = form.get('instance') ?? '';
    const question = await answers.decide({ person, id, instance, decision, by: 'stdio:page' });
    return { status: 200, body: String(await approvalPage(frame, question)) };
  }

  async function route(request: IncomingMessage, origin: string): Promise<Page> {
    const frame = { publicUrl: `${origin}/${path}`, csrf };
    try {
      if (request.headers.host !== new URL(origin).host) throw new AppError('not_found', 'Nothing is here.');
      const [, given, what, id = '', ...rest] = (request.url ?? '').split('/');
      if (!same(given ?? '', path) || rest.length > 0) throw new AppError('not_found', 'Nothing is here.');
      if (what === 'style.css' && id === '') return { status: 200, type: 'text/css', body: stylesheet };
      const isKnown = what === 'approvals' && id !== '' && (request.method === 'GET' || request.method === 'POST');
      if (!isKnown) throw new AppError('not_found', 'Nothing is here.');
      return await answer(request, id, frame);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // Whoever does not know the secret learns nothing of a page either.
      if (error.code === 'not_found' && !(request.url ?? '').startsWith(`/${path}/`)) return { status: 404, body: '' };
      return {
        status: error.status,
        body: String(await messagePage(frame, { title: 'Not done', text: error.message })),
      };
    }
  }

  async function respond(request: IncomingMessage, response: ServerResponse, origin: string): Promise<void> {
    const page = await route(request, origin).catch((): Page => ({ status: 500, body: '' }));
    response.writeHead(page.status, {
      'content-type': `${page.type ?? 'text/html'}; charset=utf-8`,
      'content-security-policy': contentSecurityPolicy(),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      connection: 'close',
    });
    response.end(page.body);
  }

  async function open() {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // It must not keep the process alive once the client has gone.
    server.unref();
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void respond(request, response, origin));
    return { server, origin };
  }

  return {
    async addressOf(id) {
      opened ??= open();
      return `${(await opened).origin}/${path}/approvals/${id}`;
    },
    async close() {
      const { server } = (await opened) ?? {};
      server?.close();
      server?.closeAllConnections();
    },
  };
}
