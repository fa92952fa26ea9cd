import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as sendRequest,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeAwsCall } from './aws-call.ts';

// Stands between functions and the emulator and notes what each of them asks of AWS, so that policies can be held to what is really used. Each function gets an
// endpoint of its own, so nothing it says about itself is believed. It changes no request: signatures cover the host that was called, which is passed on.

/** One call, as a line of JSON in the record. It names what was asked for and holds no value, no key material and no ciphertext. */
export interface RecordedCall {
  /** The function's key: `agent`, `mcp`, `oauth`, … */
  readonly function: string;
  /** As in ARNs and policies: `ssm`, `kms`, `dynamodb`, `s3`, … */
  readonly service: string;
  /** As the API calls it, which is mostly what IAM calls it: `GetParameters`, `GenerateDataKey`. */
  readonly action: string;
  /** What a policy's resources and conditions are held against, in the API's own member names. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly status: number;
  /** The role that it was asked with, where that is one that the function had become. */
  readonly as?: string;
}

export interface RecordingProxy {
  /** What the function is given as `AWS_ENDPOINT_URL`. */
  endpointOf(name: string): string;
  /** All calls so far, oldest first. */
  calls(): readonly RecordedCall[];
  close(): Promise<void>;
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function forward(upstream: string, request: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const sent = sendRequest(`${upstream}${request.url ?? '/'}`, {
    method: request.method ?? 'GET',
    headers: request.headers,
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer;
}

export async function startRecordingProxy(upstream: string, names: readonly string[]): Promise<RecordingProxy> {
  const calls: RecordedCall[] = [];
  const servers = new Map<string, Server>();
  /** Access key to the role that it was given out for. */
  const assumed = new Map<string, string>();

  const pass = async (name: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const body = await readAll(request);
      const answer = await forward(upstream, request, body);
      const status = answer.statusCode ?? 0;
      const { method = 'GET', url = '/', headers } = request;
      const call = describeAwsCall({ method, url, headers, body: body.toString('utf8') });
      const as = assumed.get(/Credential=([^/]+)\//.exec(String(headers['authorization'] ?? ''))?.[1] ?? '');
      calls.push({ function: name, ...call, status, ...(as === undefined ? {} : { as }) });
      response.writeHead(status, answer.headers);
      if (call.service !== 'sts') {
        answer.pipe(response);
        return;
      }
      const told = await readAll(answer);
      const key = /<AccessKeyId>([^<]+)</.exec(told.toString('utf8'))?.[1];
      const role = String(call.request['RoleArn'] ?? '')
        .split('/')
        .at(-1);
      if (key !== undefined && role !== undefined && role !== '') assumed.set(key, role);
      response.end(told);
    } catch {
      // The emulator is gone, or the function is: either way a connection that breaks off, as AWS being away would.
      response.destroy();
    }
  };
  for (const name of names) {
    const server = createServer((request, response) => void pass(name, request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.set(name, server);
  }
  return {
    endpointOf(name) {
      const server = servers.get(name);
      if (server === undefined) throw new Error(`there is no function ${name}`);
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    calls: () => [...calls],
    async close() {
      for (const server of servers.values()) {
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
      }
    },
  };
}
