import { randomUUID } from 'node:crypto';
import type { SignedCall } from './signed-calls.ts';

// A signed call as API Gateway would hand it to the function: payload format 2.0, with the certificate that TLS accepted.

export interface GatewayEvent {
  readonly rawPath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly requestContext: {
    readonly domainName: string;
    readonly http: { readonly method: string; readonly [member: string]: unknown };
    readonly [member: string]: unknown;
  };
  readonly [member: string]: unknown;
}

export interface Gateway {
  readonly apiId: string;
  /** `host[:port]` */
  readonly domainName: string;
  /** PEM */
  readonly clientCertificate: string;
}

export function toGatewayEvent(call: SignedCall, { apiId, domainName, clientCertificate }: Gateway): GatewayEvent {
  const clientCert = { clientCertPem: clientCertificate, subjectDN: '', issuerDN: '', serialNumber: '', validity: {} };
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/mcp',
    rawQueryString: '',
    headers: call.headers,
    requestContext: {
      accountId: '123456789012',
      apiId,
      domainName,
      domainPrefix: 'mcp',
      stage: '$default',
      requestId: randomUUID(),
      routeKey: '$default',
      http: { method: 'POST', path: '/mcp', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'bench' },
      time: '21/Nov/2026:12:00:00 +0000',
      timeEpoch: Date.now(),
      authentication: { clientCert },
    },
    isBase64Encoded: false,
    body: call.body.toString('utf8'),
  };
}
