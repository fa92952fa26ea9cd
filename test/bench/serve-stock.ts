import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createEchoTool } from '../support/mcp-tools.ts';
import { createStockHandler } from '../support/stock-handler.ts';
import { answerParent } from './child.ts';
import type { Stage } from './seed.ts';

// A measured process, for comparison in (a): the official SDK's own handler with the same tool behind the same mutual TLS, and no check.

let port = 0;

answerParent({
  open: (stage: Stage) =>
    new Promise<void>((resolve) => {
      const [person = ''] = stage.persons;
      const handler = createStockHandler([createEchoTool()], person);
      const { certificate: cert, privateKey: key } = stage.server;
      const tls = { cert, key, ca: stage.authority, requestCert: true, rejectUnauthorized: true };
      const server = createServer(tls, getRequestListener(handler.fetch));
      server.keepAliveTimeout = 60_000;
      server.listen(0, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    }),
  port: () => port,
});
