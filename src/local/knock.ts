import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import type { Machine } from './machine.ts';

// Knocks at the MCP door as those who may not come in would, to show what it answers.

interface Knock {
  readonly who: string;
  readonly answer: string;
}

interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

const MESSAGE = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';

function post(machine: Machine, client: ClientCertificate | undefined): Promise<string> {
  const { url, ca } = machine.access.mcp;
  return new Promise((resolve) => {
    const request = httpsRequest(url, {
      method: 'POST',
      ca: readFileSync(ca, 'utf8'),
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      agent: false,
      ...client,
    });
    request.on('response', (response) => {
      response.resume();
      resolve(`answered ${response.statusCode}`);
    });
    request.on('error', () => resolve('refused in the TLS handshake'));
    request.end(MESSAGE);
  });
}

export async function knock(machine: Machine): Promise<readonly Knock[]> {
  const { cert, key } = machine.access.mcp;
  const ours = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  const server = { cert: machine.pki.server.certificate, key: machine.pki.server.privateKey };
  return [
    { who: 'no certificate', answer: await post(machine, undefined) },
    { who: 'a certificate of another authority', answer: await post(machine, server) },
    { who: 'our certificate, but nothing signed', answer: await post(machine, ours) },
  ];
}
