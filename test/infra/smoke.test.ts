import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { X509CertificateGenerator } from '@peculiar/x509';
import type { Context } from '../../scripts/aws/parts/command.ts';
import { smokeTest } from '../../scripts/aws/parts/smoke.ts';

// What counts as an agent door that lets nobody in without a certificate, at real sockets.

const DOOR = 'the agent door lets nobody in without a certificate';
/** A TLS record: a fatal alert, handshake_failure. RFC 5246, section 7.2. */
const HANDSHAKE_FAILURE = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);

const servers: Server[] = [];

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const answering =
  (status: number, body: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status).end(body);

async function selfSigned() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({ name: 'CN=door', keys });
  return {
    cert: certificate.toString('pem'),
    key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }),
  };
}

/** What is said of the agent door at this URL. */
async function lookAt(mcp: string): Promise<{ readonly passed: boolean; readonly said: string | undefined }> {
  const good = createServer((request, response) =>
    response.writeHead(request.url?.endsWith('/health') === true ? 200 : 401).end(),
  );
  const url = `http://127.0.0.1:${await listen(good)}`;
  const said: string[] = [];
  const context = { say: (text: string) => said.push(text) } as unknown as Context;
  const passed = await smokeTest(context, { agent: url, oauth: url, mcp });
  return { passed, said: said.find((line) => line.includes(DOOR)) };
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('the agent door without a certificate', () => {
  it('is right when the handshake is refused', async () => {
    const alerting = createSocketServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(HANDSHAKE_FAILURE));
    });
    const resetting = createSocketServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.resetAndDestroy());
    });
    for (const server of [alerting, resetting]) {
      const port = await listen(server);
      expect(await lookAt(`https://127.0.0.1:${port}`)).toEqual({ passed: true, said: `  ok    ${DOOR}` });
    }
  });

  it('is right when API Gateway itself refuses', async () => {
    const port = await listen(createServer(answering(403, '{"message":"Forbidden"}')));
    expect(await lookAt(`http://127.0.0.1:${port}`)).toMatchObject({ passed: true });
  });

  it.each([
    ['401', 401, '{"error":{"code":"unauthenticated"}}'],
    ['403', 403, '{"error":{"code":"forbidden"}}'],
  ])('is wrong when a function was asked, though it answers %s', async (_name, status, body) => {
    const port = await listen(createServer(answering(status, body)));
    expect(await lookAt(`http://127.0.0.1:${port}`)).toEqual({
      passed: false,
      said: expect.stringContaining(`answered ${status}`),
    });
  });

  it('is wrong when its own certificate cannot be trusted, which proves nothing', async () => {
    const port = await listen(createTlsServer(await selfSigned(), answering(200, '{}')));
    expect(await lookAt(`https://127.0.0.1:${port}`)).toEqual({
      passed: false,
      said: expect.stringContaining('answered DEPTH_ZERO_SELF_SIGNED_CERT'),
    });
  });
});
