import { createHash, createHmac, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { SignJWT } from 'jose';

// An agent that signs by itself, written from the specifications (RFC 9421, RFC 9530, RFC 7515) and from nothing of ours, with a
// hook at each step: so that a test can do one thing wrong and everything else right.

export interface AgentIdentity {
  readonly certificate: string;
  readonly privateKey: string;
  readonly keyId: string;
  /** base64url */
  readonly secret: string;
}

export interface Target {
  /** Ends in `/mcp`. */
  readonly url: string;
  readonly ca: string;
}

export interface Attempt {
  /** Presented in the TLS handshake; `null` presents none. Default: the identity's own. */
  readonly tls?: { readonly certificate: string; readonly privateKey: string } | null;
  readonly method?: string;
  readonly path?: string;
  readonly body?: string | Uint8Array;
  /** Claims of the delegation that differ, `undefined` to leave one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Members of the delegation's header that differ. */
  readonly jwtHeader?: Readonly<Record<string, unknown>>;
  /** In place of the delegation. */
  readonly authorization?: string | null;
  /** Another key to sign the delegation with, PKCS #8. */
  readonly delegationKey?: string;
  /** Headers beside the usual ones, before anything is signed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Covered components, in order. */
  readonly components?: (usual: readonly string[]) => readonly string[];
  /** Signature parameters as `[name, serialised value]`. */
  readonly params?: (usual: readonly (readonly [string, string])[]) => readonly (readonly [string, string])[];
  readonly label?: string;
  readonly secret?: string;
  readonly digest?: string;
  /** What the signature base says of a component, in place of the truth. */
  readonly base?: (usual: string) => string;
  /** After signing: what really goes over the wire. */
  readonly send?: (request: WireRequest) => WireRequest;
}

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
}

export interface Answer {
  /** 0 when the TLS layer refused. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: unknown;
}

const usualComponents = (headers: Readonly<Record<string, string>>, body: Uint8Array): string[] => [
  '@method',
  '@authority',
  '@path',
  '@query',
  'content-digest',
  'authorization',
  ...(body.length > 0 ? ['content-type'] : []),
  ...['mcp-protocol-version', 'mcp-method', 'mcp-name'].filter((name) => headers[name] !== undefined),
];

export interface OutsideAgent {
  /** Signs and sends; the delegation is for `person`. */
  send(person: string, attempt?: Attempt): Promise<Answer>;
  /** Signs without sending, for those who send it more than once. */
  prepare(person: string, attempt?: Attempt): Promise<WireRequest>;
  deliver(request: WireRequest, tls?: Attempt['tls']): Promise<Answer>;
}

export const toolCall = (name: string, args: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } });

export function createOutsideAgent(identity: AgentIdentity, target: Target): OutsideAgent {
  const url = new URL(target.url);
  const certificate = new X509Certificate(identity.certificate);
  const spiffe = (certificate.subjectAltName ?? '').replace(/^URI:/, '');
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
  const agentId = spiffe.split('/').slice(-2).join('/');

  async function mintDelegation(person: string, attempt: Attempt): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: spiffe,
      sub: person,
      act: { sub: agentId },
      aud: target.url,
      scope: 'calendar.read calendar.write',
      iat: now,
      exp: now + 60,
      jti: randomBytes(16).toString('base64url'),
      ...attempt.claims,
    };
    const key = createPrivateKey(attempt.delegationKey ?? identity.privateKey);
    return new SignJWT(JSON.parse(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'ES256', typ: 'delegation+jwt', 'x5t#S256': thumbprint, ...attempt.jwtHeader })
      .sign(key);
  }

  async function prepare(person: string, attempt: Attempt = {}): Promise<WireRequest> {
    const method = attempt.method ?? 'POST';
    const path = attempt.path ?? url.pathname;
    const body = Buffer.from(attempt.body ?? toolCall('freebusy', {}));
    const headers: Record<string, string> = { host: url.host, accept: 'application/json, text/event-stream' };
    if (body.length > 0) headers['content-type'] = 'application/json';
    headers['mcp-protocol-version'] = '2025-11-25';
    Object.assign(headers, attempt.headers);
    headers['content-digest'] = attempt.digest ?? `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
    if (attempt.authorization !== null) {
      headers['authorization'] = attempt.authorization ?? `Bearer ${await mintDelegation(person, attempt)}`;
    }
    const components = (attempt.components ?? ((usual) => usual))(usualComponents(headers, body));
    const usualParams = [
      ['created', String(Math.floor(Date.now() / 1000))],
      ['nonce', `"${randomBytes(16).toString('base64url')}"`],
      ['keyid', `"${identity.keyId}"`],
      ['alg', '"hmac-sha256"'],
      ['tag', '"sallyport"'],
    ] as const;
    const params = (attempt.params ?? ((usual) => usual))(usualParams)
      .map(([name, value]) => `;${name}=${value}`)
      .join('');
    const input = `(${components.map((name) => `"${name}"`).join(' ')})${params}`;
    const componentValue = (name: string): string => {
      if (name === '@method') return method;
      if (name === '@authority') return url.host;
      if (name === '@path') return path.split('?', 1)[0] ?? '';
      if (name === '@query') return path.includes('?') ? path.slice(path.indexOf('?')) : '?';
      return (headers[name] ?? '').trim();
    };
    const usualBase = [
      ...components.map((name) => `"${name}": ${componentValue(name)}`),
      `"@signature-params": ${input}`,
    ].join('\n');
    const base = (attempt.base ?? ((usual) => usual))(usualBase);
    const secret = Buffer.from(attempt.secret ?? identity.secret, 'base64url');
    const label = attempt.label ?? 'sig1';
    headers['signature-input'] = `${label}=${input}`;
    headers['signature'] = `${label}=:${createHmac('sha256', secret).update(base).digest('base64')}:`;
    const wire: WireRequest = { method, path, headers, body };
    return attempt.send === undefined ? wire : attempt.send(wire);
  }

  const deliver = (wire: WireRequest, tls?: Attempt['tls']): Promise<Answer> => {
    const presented = tls === null ? undefined : (tls ?? identity);
    const client = presented === undefined ? {} : { cert: presented.certificate, key: presented.privateKey };
    return new Promise((resolve) => {
      const refused = (text: string): void => resolve({ status: 0, headers: {}, text, json: undefined });
      const request = httpsRequest({
        host: url.hostname,
        port: url.port,
        method: wire.method,
        path: wire.path,
        ca: target.ca,
        agent: false,
        ...client,
      });
      for (const [name, value] of Object.entries(wire.headers)) request.setHeader(name, value as string | string[]);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          let json: unknown;
          try {
            json = JSON.parse(text);
          } catch {
            json = undefined;
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
      });
      request.on('error', (error) => refused(error.message));
      request.end(wire.body);
    });
  };

  return {
    prepare,
    deliver,
    send: async (person, attempt = {}) => deliver(await prepare(person, attempt), attempt.tls),
  };
}
