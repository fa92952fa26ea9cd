import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

// A road to DynamoDB Local that sees each request, and on which things go wrong as asked: answers get lost, requests are turned away, connections die
// without a word.

export interface SeenRequest {
  /** `GetItem`, `PutItem`, … */
  readonly action: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Id of the access key that signed it. */
  readonly caller: string;
}

/** What becomes of a request: it passes, it is done and its answer lost, or it is answered so. */
export type Fate =
  | 'passes'
  | 'answer lost'
  | { readonly status: number; readonly error: string; readonly text?: string };

export interface DynamoDbRoad {
  readonly endpoint: string;
  readonly seen: SeenRequest[];
  /** From now on; `passes` to begin with. */
  decide(fate: (seen: SeenRequest) => Fate): void;
  /** Connections that are there stay silent from now on. New ones work. */
  loseConnections(): void;
  close(): Promise<void>;
}

async function forward(endpoint: string, headers: NodeJS.Dict<string | string[]>, body: Buffer) {
  const outgoing = request(endpoint, { method: 'POST', headers });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: Buffer.concat(chunks) };
}

export async function openDynamoDbRoad(endpoint: string): Promise<DynamoDbRoad> {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const silent = new Set<Socket>();
  let fate: (seen: SeenRequest) => Fate = () => 'passes';
  const server: Server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (silent.has(incoming.socket)) return;
    const body = Buffer.concat(chunks);
    const action = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    const caller = /Credential=([^/]+)\//.exec(incoming.headers.authorization ?? '')?.[1] ?? '';
    const one: SeenRequest = { action, caller, body: JSON.parse(body.toString('utf8')) as SeenRequest['body'] };
    seen.push(one);
    const decided = fate(one);
    if (typeof decided === 'object') {
      const type = `com.amazonaws.dynamodb.v20120810#${decided.error}`;
      outgoing.writeHead(decided.status, { 'content-type': 'application/x-amz-json-1.0' });
      outgoing.end(JSON.stringify({ __type: type, message: decided.text ?? 'no' }));
      return;
    }
    const { host: _, ...headers } = incoming.headers;
    // Without a server the road ends.
    const answer = await forward(endpoint, headers, body).catch(() => undefined);
    if (answer === undefined || decided === 'answer lost') {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(answer.body);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    decide(next) {
      fate = next;
    },
    loseConnections() {
      for (const socket of sockets) silent.add(socket);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
