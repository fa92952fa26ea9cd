import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { answerParent } from './child.ts';
import type { Stage } from './seed.ts';

// A measured process, and the yardstick of (a): the least that Node does for a request over mutual TLS. Reads a body, sends it back.

let port = 0;

answerParent({
  open: (stage: Stage) =>
    new Promise<void>((resolve) => {
      const { certificate: cert, privateKey: key } = stage.server;
      const tls = { cert, key, ca: stage.authority, requestCert: true, rejectUnauthorized: true };
      const server = createServer(tls, (request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const body = Buffer.concat(chunks);
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
          response.end(body);
        });
      });
      server.keepAliveTimeout = 60_000;
      server.listen(0, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    }),
  port: () => port,
});
