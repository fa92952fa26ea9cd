import { once } from 'node:events';
import { type IncomingMessage, request as plainRequest, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { GetFunctionUrlConfigCommand, type LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import type { TestCertificate } from './certificates.ts';

// AWS's place before Function URLs: one TLS listener, which hands each request as it is to the emulator under the URL's own name. Who must sign,
// and what a request becomes, is the emulator's.

export interface FunctionUrlEdges {
  /** Name to this listener's port. */
  readonly ports: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** The name of the URL of a function's alias; nothing where it has none. */
async function domainOf(lambda: LambdaClient, FunctionName: string, Qualifier: string): Promise<string | undefined> {
  try {
    const { FunctionUrl = '' } = await lambda.send(new GetFunctionUrlConfigCommand({ FunctionName, Qualifier }));
    return new URL(FunctionUrl).host;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

export async function openFunctionUrlEdges(
  lambda: LambdaClient,
  options: { readonly endpoint: string; readonly functions: readonly string[]; readonly server: TestCertificate },
): Promise<FunctionUrlEdges> {
  const found = await Promise.all(options.functions.map((name) => domainOf(lambda, name, 'live')));
  const domains = found.filter((domain) => domain !== undefined);
  const pass = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = 'GET', url = '/', headers } = request;
    const sent = plainRequest(`${options.endpoint}${url}`, { method, headers });
    sent.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    sent.once('error', () => response.destroy());
    request.pipe(sent);
  };
  const server = createServer({ cert: options.server.pem, key: options.server.keyPem }, pass).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ports: Object.fromEntries(domains.map((domain) => [domain, port])),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
