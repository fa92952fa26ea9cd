import 'reflect-metadata';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { createTestAuthority, createTestCertificate } from '../support/certificates.ts';
import { sallyport } from '../support/sallyport-command.ts';

// The command behind a company's proxy: the Agent API has a name that only the proxy knows, and a certificate of the company's authority.

const HOST = 'agent.company.example';
const folder = mkdtempSync(join(tmpdir(), 'sallyport-network-'));
const asked: { readonly authorization: string | undefined; readonly host: string | undefined }[] = [];
const tunnels: { readonly to: string | undefined; readonly as: string | undefined }[] = [];
let agent: TlsServer;
let proxy: Server;
let env: Readonly<Record<string, string | undefined>>;

const portOf = (server: Server | TlsServer): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  const authority = await createTestAuthority('CN=Company authority');
  writeFileSync(join(folder, 'ca.pem'), authority.pem);
  const { pem, keyPem } = await createTestCertificate({
    authority,
    names: [{ type: 'dns', value: HOST }],
    usages: [x509.ExtendedKeyUsage.serverAuth],
  });
  agent = createTlsServer({ cert: pem, key: keyPem }, ({ headers }, outgoing) => {
    asked.push({ authorization: headers.authorization, host: headers.host });
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end(JSON.stringify({ contacts: [{ name: 'Ana', address: 'ana@company.example' }] }));
  });
  proxy = createServer((_incoming, outgoing) => outgoing.writeHead(400).end());
  proxy.on('connect', ({ url, headers }, client) => {
    tunnels.push({ to: url, as: headers['proxy-authorization'] });
    const there = connect(portOf(agent), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      there.pipe(client).pipe(there);
    });
    there.on('error', () => client.destroy());
    client.on('error', () => there.destroy());
  });
  for (const server of [agent, proxy]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  env = {
    PATH: process.env['PATH'],
    HOME: folder,
    HTTPS_PROXY: `http://ana:secret@127.0.0.1:${portOf(proxy)}`,
    SALLYPORT_HOME: join(folder, 'none'),
    SALLYPORT_AGENT_URL: `https://${HOST}`,
    SALLYPORT_TOKEN: 'sp_token',
    SALLYPORT_RETRIES: '0',
  };
}, 30_000);
beforeEach(() => {
  asked.length = 0;
  tunnels.length = 0;
});
afterAll(() => {
  for (const server of [agent, proxy]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('behind a proxy', () => {
  const NODE_EXTRA_CA_CERTS = join(folder, 'ca.pem');

  it('TLS goes through it, and the proxy learns the name alone', async () => {
    const listed = await sallyport(['contacts'], { env: { ...env, NODE_EXTRA_CA_CERTS } });
    expect(listed).toEqual({ status: 0, stdout: 'Ana  ana@company.example\n', stderr: '' });
    expect(asked).toEqual([{ authorization: 'Bearer sp_token', host: HOST }]);
    const as = `Basic ${Buffer.from('ana:secret').toString('base64')}`;
    expect(tunnels).toEqual([{ to: `${HOST}:443`, as }]);
  }, 20_000);

  it('a certificate of an authority nobody named is not believed, and no token leaves', async () => {
    const listed = await sallyport(['contacts'], { env });
    expect({ status: listed.status, asked }).toEqual({ status: 5, asked: [] });
    expect(tunnels).toHaveLength(1);
  }, 20_000);

  it('a certificate of another name is not believed', async () => {
    const SALLYPORT_AGENT_URL = 'https://other.company.example';
    const listed = await sallyport(['contacts'], { env: { ...env, NODE_EXTRA_CA_CERTS, SALLYPORT_AGENT_URL } });
    expect({ status: listed.status, asked }).toEqual({ status: 5, asked: [] });
  }, 20_000);

  it('names in NO_PROXY are asked directly', async () => {
    const NO_PROXY = 'company.example';
    const listed = await sallyport(['contacts'], { env: { ...env, NODE_EXTRA_CA_CERTS, NO_PROXY } });
    expect({ status: listed.status, tunnels }).toEqual({ status: 5, tunnels: [] });
  }, 20_000);

  it('what is no HTTP proxy is refused and not bypassed', async () => {
    const listed = await sallyport(['contacts'], { env: { ...env, HTTPS_PROXY: 'socks5://127.0.0.1:1080' } });
    expect({ status: listed.status, tunnels, asked }).toEqual({ status: 1, tunnels: [], asked: [] });
    expect(listed.stderr).toContain('HTTPS_PROXY');
  }, 20_000);
});

describe('without TLS', () => {
  it('nobody but this machine is asked', async () => {
    const SALLYPORT_AGENT_URL = `http://${HOST}`;
    const listed = await sallyport(['contacts'], { env: { ...env, SALLYPORT_AGENT_URL } });
    expect({ status: listed.status, tunnels, asked }).toEqual({ status: 1, tunnels: [], asked: [] });
    expect(listed.stderr).toContain('only https://');
  }, 20_000);
});
