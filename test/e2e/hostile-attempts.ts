import { createHash, randomBytes } from 'node:crypto';
import { type Attempt, toolCall } from '../support/outside-agent.ts';

// Requests that must not get through, each wrong in one thing only. Plain data: `hostile.test.ts` sends them.

export interface World {
  readonly person: string;
  readonly otherPerson: string;
  readonly url: string;
  /** Certificates by what is wrong with them. */
  readonly certificates: Readonly<Record<string, { readonly certificate: string; readonly privateKey: string }>>;
  readonly otherAgent: {
    readonly certificate: string;
    readonly privateKey: string;
    readonly secret: string;
    readonly keyId: string;
  };
}

export interface HostileAttempt {
  readonly name: string;
  readonly attempt: (world: World) => Attempt;
  /** 0: refused in the TLS handshake. */
  readonly status: number;
  /** What the log says; absent where nobody came as far as the door. */
  readonly reason?: string;
  /** True when whoever sends this could not have made a valid signature: then no nonce may be stored. */
  readonly forger: boolean;
}

const seconds = (): number => Math.floor(Date.now() / 1000);

type Params = readonly (readonly [string, string])[];
const withParam =
  (name: string, value: string) =>
  (usual: Params): Params =>
    usual.map(([known, old]) => [known, known === name ? value : old] as const);
const withoutParam =
  (name: string) =>
  (usual: Params): Params =>
    usual.filter(([known]) => known !== name);
const plusParam =
  (name: string, value: string) =>
  (usual: Params): Params => [...usual, [name, value] as const];

const tls =
  (key: string) =>
  (world: World): Attempt => {
    const tlsIdentity = world.certificates[key];
    if (tlsIdentity === undefined) throw new Error(`no certificate ${key}`);
    return { tls: tlsIdentity };
  };

const connection: readonly HostileAttempt[] = [
  { name: 'no certificate', attempt: () => ({ tls: null }), status: 0, forger: true },
  { name: 'a certificate of a foreign authority', attempt: tls('foreign'), status: 0, forger: true },
  { name: 'an expired certificate', attempt: tls('expired'), status: 0, forger: true },
  { name: 'a certificate that is not valid yet', attempt: tls('early'), status: 0, forger: true },
  { name: 'a certificate for servers', attempt: tls('server'), status: 0, forger: true },
  {
    name: 'a certificate without extended key usage',
    attempt: tls('unused'),
    status: 401,
    reason: 'certificate_usage',
    forger: true,
  },
  {
    name: 'a certificate of another trust domain',
    attempt: tls('otherDomain'),
    status: 401,
    reason: 'certificate_trust_domain',
    forger: true,
  },
  {
    name: 'a certificate of another environment',
    attempt: tls('otherEnvironment'),
    status: 401,
    reason: 'certificate_environment',
    forger: true,
  },
  {
    name: 'a certificate that names two agents',
    attempt: tls('twoNames'),
    status: 401,
    reason: 'certificate_identity',
    forger: true,
  },
  {
    name: 'a certificate that names a host',
    attempt: tls('host'),
    status: 401,
    reason: 'certificate_identity',
    forger: true,
  },
  { name: 'a revoked certificate', attempt: tls('revoked'), status: 401, reason: 'certificate_revoked', forger: true },
  {
    name: 'another agent’s certificate with our signature',
    attempt: tls('otherAgent'),
    status: 401,
    reason: 'key_of_another_identity',
    forger: true,
  },
];

const signature: readonly HostileAttempt[] = [
  {
    name: 'no signature at all',
    attempt: () => ({
      send: (wire) => {
        const { signature: _s, 'signature-input': _i, ...headers } = wire.headers;
        return { ...wire, headers };
      },
    }),
    status: 401,
    reason: 'signature_input_missing',
    forger: true,
  },
  {
    name: 'a signature without its input’s value',
    attempt: () => ({
      send: (wire) => {
        const { signature: _s, ...headers } = wire.headers;
        return { ...wire, headers };
      },
    }),
    status: 401,
    reason: 'signature_missing',
    forger: true,
  },
  {
    name: 'a wrong secret',
    attempt: () => ({ secret: randomBytes(32).toString('base64url') }),
    status: 401,
    reason: 'hmac_mismatch',
    forger: true,
  },
  { name: 'an empty secret', attempt: () => ({ secret: '' }), status: 401, reason: 'hmac_mismatch', forger: true },
  {
    name: 'another agent’s secret under our key id',
    attempt: (world) => ({ secret: world.otherAgent.secret }),
    status: 401,
    reason: 'hmac_mismatch',
    forger: true,
  },
  {
    name: 'another agent’s key id and secret',
    attempt: (world) => ({
      secret: world.otherAgent.secret,
      params: withParam('keyid', `"${world.otherAgent.keyId}"`),
    }),
    status: 401,
    reason: 'key_of_another_identity',
    forger: true,
  },
  {
    name: 'an unknown key id',
    attempt: () => ({ params: withParam('keyid', '"agent/assistant#99"') }),
    status: 401,
    reason: 'key_unknown',
    forger: true,
  },
  {
    name: 'a signature that was cut short',
    attempt: () => ({ send: (wire) => ({ ...wire, headers: { ...wire.headers, signature: 'sig1=:AAAA:' } }) }),
    status: 401,
    reason: 'signature_value',
    forger: true,
  },
  {
    name: 'a signature that is no structured field',
    attempt: () => ({ send: (wire) => ({ ...wire, headers: { ...wire.headers, signature: 'sig1=:%%%' } }) }),
    status: 401,
    reason: 'signature_malformed',
    forger: true,
  },
  {
    name: 'two signatures',
    attempt: () => ({
      send: (wire) => ({
        ...wire,
        headers: {
          ...wire.headers,
          'signature-input': `${String(wire.headers['signature-input'])}, sig2=("@method");created=1`,
          signature: `${String(wire.headers['signature'])}, sig2=:AAAA:`,
        },
      }),
    }),
    status: 401,
    reason: 'signature_input_count',
    forger: true,
  },
  {
    name: 'a repeated signature header',
    attempt: () => ({
      send: (wire) => ({
        ...wire,
        headers: { ...wire.headers, signature: [String(wire.headers['signature']), String(wire.headers['signature'])] },
      }),
    }),
    status: 401,
    reason: 'signature_malformed',
    forger: true,
  },
  {
    name: 'labels that differ',
    attempt: () => ({
      send: (wire) => ({
        ...wire,
        headers: { ...wire.headers, signature: String(wire.headers['signature']).replace('sig1=', 'sig2=') },
      }),
    }),
    status: 401,
    reason: 'signature_label',
    forger: true,
  },
  {
    name: 'an algorithm other than HMAC',
    attempt: () => ({ params: withParam('alg', '"rsa-v1_5-sha256"') }),
    status: 401,
    reason: 'algorithm_refused',
    forger: true,
  },
  {
    name: 'no algorithm',
    attempt: () => ({ params: withoutParam('alg') }),
    status: 401,
    reason: 'algorithm_refused',
    forger: true,
  },
  {
    name: 'a tag of another application',
    attempt: () => ({ params: withParam('tag', '"other"') }),
    status: 401,
    reason: 'tag_refused',
    forger: true,
  },
  {
    name: 'no tag',
    attempt: () => ({ params: withoutParam('tag') }),
    status: 401,
    reason: 'tag_refused',
    forger: true,
  },
  {
    name: 'no nonce',
    attempt: () => ({ params: withoutParam('nonce') }),
    status: 401,
    reason: 'nonce_malformed',
    forger: true,
  },
  {
    name: 'a nonce that is too short',
    attempt: () => ({ params: withParam('nonce', '"AAAA"') }),
    status: 401,
    reason: 'nonce_malformed',
    forger: true,
  },
  {
    name: 'a nonce of other characters',
    attempt: () => ({ params: withParam('nonce', `"${'!'.repeat(22)}"`) }),
    status: 401,
    reason: 'nonce_malformed',
    forger: true,
  },
  {
    name: 'no time',
    attempt: () => ({ params: withoutParam('created') }),
    status: 401,
    reason: 'created_malformed',
    forger: true,
  },
  {
    name: 'a time that is no integer',
    attempt: () => ({ params: withParam('created', `${seconds()}.5`) }),
    status: 401,
    reason: 'created_malformed',
    forger: true,
  },
  {
    name: 'a time that is a string',
    attempt: () => ({ params: withParam('created', `"${seconds()}"`) }),
    status: 401,
    reason: 'created_malformed',
    forger: true,
  },
  {
    name: 'a parameter twice',
    attempt: () => ({ params: plusParam('created', String(seconds())) }),
    status: 401,
    reason: 'signature_input_repeated',
    forger: true,
  },
  {
    name: 'a parameter nobody knows',
    attempt: () => ({ params: plusParam('extra', '1') }),
    status: 401,
    reason: 'parameter_unknown',
    forger: true,
  },
  {
    name: 'a request of two minutes ago',
    attempt: () => ({ params: withParam('created', String(seconds() - 120)) }),
    status: 401,
    reason: 'created_too_old',
    forger: true,
  },
  {
    name: 'a request from the future',
    attempt: () => ({ params: withParam('created', String(seconds() + 120)) }),
    status: 401,
    reason: 'created_in_future',
    forger: true,
  },
  {
    name: 'a signature that has expired',
    attempt: () => ({ params: plusParam('expires', String(seconds() - 1)) }),
    status: 401,
    reason: 'signature_expired',
    forger: true,
  },
];

const without = (name: string): Attempt => ({ components: (usual) => usual.filter((known) => known !== name) });

const coverage: readonly HostileAttempt[] = [
  ...[
    '@method',
    '@authority',
    '@path',
    '@query',
    'content-digest',
    'authorization',
    'content-type',
    'mcp-protocol-version',
  ].map(
    (name): HostileAttempt => ({
      name: `${name} not covered`,
      attempt: () => without(name),
      status: 401,
      reason: name === 'content-type' ? 'content_type_not_covered' : 'component_not_covered',
      forger: true,
    }),
  ),
  {
    name: 'a component twice',
    attempt: () => ({ components: (usual) => [...usual, '@method'] }),
    status: 401,
    reason: 'component_repeated',
    forger: true,
  },
  {
    name: 'a covered header that is absent',
    attempt: () => ({ components: (usual) => [...usual, 'mcp-name'] }),
    status: 401,
    reason: 'component_absent',
    forger: true,
  },
  {
    name: 'a component outside the profile',
    attempt: () => ({ components: (usual) => [...usual, '@status'] }),
    status: 401,
    reason: 'component_unknown',
    forger: true,
  },
  {
    name: 'a derived component in capitals',
    attempt: () => ({ components: (usual) => usual.map((name) => (name === '@method' ? '@METHOD' : name)) }),
    status: 401,
    reason: 'component_unknown',
    forger: true,
  },
];

const changed: readonly HostileAttempt[] = [
  {
    name: 'the body changed on the way',
    attempt: () => ({ send: (wire) => ({ ...wire, body: Buffer.from(toolCall('deleteevent', { eventId: 'x' })) }) }),
    status: 401,
    reason: 'digest_mismatch',
    forger: false,
  },
  {
    name: 'body and digest changed on the way',
    attempt: () => ({
      send: (wire) => {
        const body = Buffer.from(toolCall('deleteevent', { eventId: 'x' }));
        return {
          ...wire,
          body,
          headers: {
            ...wire.headers,
            'content-digest': `sha-256=:${createHash('sha256').update(body).digest('base64')}:`,
          },
        };
      },
    }),
    status: 401,
    reason: 'hmac_mismatch',
    forger: true,
  },
  {
    name: 'a digest of another algorithm',
    attempt: () => ({ digest: `sha-512=:${createHash('sha512').update('x').digest('base64')}:` }),
    status: 401,
    reason: 'digest_algorithm',
    forger: true,
  },
  {
    name: 'two digests',
    attempt: () => ({
      send: (wire) => ({
        ...wire,
        headers: {
          ...wire.headers,
          'content-digest': [String(wire.headers['content-digest']), String(wire.headers['content-digest'])],
        },
      }),
    }),
    status: 401,
    reason: 'digest_malformed',
    forger: true,
  },
  {
    name: 'the method changed',
    attempt: () => ({ send: (wire) => ({ ...wire, method: 'PUT' }) }),
    status: 401,
    reason: 'hmac_mismatch',
    forger: true,
  },
  {
    name: 'a query added',
    attempt: () => ({ send: (wire) => ({ ...wire, path: `${wire.path}?admin=1` }) }),
    status: 401,
    reason: 'query_present',
    forger: true,
  },
  {
    name: 'a signed query',
    attempt: () => ({ path: '/mcp?admin=1' }),
    status: 401,
    reason: 'query_present',
    forger: true,
  },
  { name: 'another path', attempt: () => ({ path: '/mcp/' }), status: 404, forger: true },
  { name: 'an encoded path', attempt: () => ({ path: '/%6dcp' }), status: 401, reason: 'hmac_mismatch', forger: true },
  {
    name: 'a Host of somebody else',
    attempt: () => ({ send: (wire) => ({ ...wire, headers: { ...wire.headers, host: 'evil.example' } }) }),
    status: 401,
    reason: 'host_mismatch',
    forger: true,
  },
  {
    name: 'the content type changed',
    attempt: () => ({
      send: (wire) => ({ ...wire, headers: { ...wire.headers, 'content-type': 'application/json; charset=utf-7' } }),
    }),
    status: 401,
    reason: 'hmac_mismatch',
    forger: true,
  },
  {
    name: 'the protocol version changed',
    attempt: () => ({
      send: (wire) => ({ ...wire, headers: { ...wire.headers, 'mcp-protocol-version': '2025-06-18' } }),
    }),
    status: 401,
    reason: 'hmac_mismatch',
    forger: true,
  },
  {
    name: 'an MCP header added after signing',
    attempt: () => ({ send: (wire) => ({ ...wire, headers: { ...wire.headers, 'mcp-method': 'tools/list' } }) }),
    status: 401,
    reason: 'component_not_covered',
    forger: true,
  },
  {
    name: 'a session id',
    attempt: () => ({ headers: { 'mcp-session-id': 'abc' } }),
    status: 401,
    reason: 'session_id_present',
    forger: true,
  },
  {
    name: 'an Mcp-Param header',
    attempt: () => ({ headers: { 'mcp-param-x': '1' } }),
    status: 401,
    reason: 'mcp_param_present',
    forger: true,
  },
  {
    name: 'a content encoding',
    attempt: () => ({ headers: { 'content-encoding': 'gzip' } }),
    status: 401,
    reason: 'content_encoding_present',
    forger: true,
  },
  {
    name: 'the delegation swapped after signing',
    attempt: () => ({
      send: (wire) => ({ ...wire, headers: { ...wire.headers, authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' } }),
    }),
    status: 401,
    reason: 'hmac_mismatch',
    forger: true,
  },
];

const NONE = `${Buffer.from('{"alg":"none","typ":"delegation+jwt"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`;

const delegation: readonly HostileAttempt[] = [
  {
    name: 'no delegation',
    attempt: () => ({ authorization: null, components: (usual) => usual.filter((name) => name !== 'authorization') }),
    status: 401,
    reason: 'component_not_covered',
    forger: true,
  },
  {
    name: 'a delegation with alg none',
    attempt: () => ({ authorization: `Bearer ${NONE}` }),
    status: 401,
    reason: 'delegation_missing',
    forger: false,
  },
  {
    name: 'a delegation that is no JWT',
    attempt: () => ({ authorization: 'Bearer abc' }),
    status: 401,
    reason: 'delegation_missing',
    forger: false,
  },
  {
    name: 'a token of ours in place of a delegation',
    attempt: () => ({ authorization: `Bearer sp_01ARZ3NDEKTSV4RRFFQ69G5FAV_${'A'.repeat(43)}` }),
    status: 401,
    reason: 'delegation_missing',
    forger: false,
  },
  {
    name: 'a delegation signed with another key',
    attempt: (world) => ({ delegationKey: world.otherAgent.privateKey }),
    status: 401,
    reason: 'delegation_signature',
    forger: false,
  },
  {
    name: 'a delegation bound to another certificate',
    attempt: () => ({ jwtHeader: { 'x5t#S256': createHash('sha256').update('x').digest('base64url') } }),
    status: 401,
    reason: 'delegation_thumbprint',
    forger: false,
  },
  {
    name: 'a delegation of another type',
    attempt: () => ({ jwtHeader: { typ: 'JWT' } }),
    status: 401,
    reason: 'delegation_type',
    forger: false,
  },
  {
    name: 'a delegation for another audience',
    attempt: () => ({ claims: { aud: 'https://elsewhere.example/mcp' } }),
    status: 401,
    reason: 'delegation_audience',
    forger: false,
  },
  {
    name: 'a delegation of another issuer',
    attempt: () => ({ claims: { iss: 'spiffe://sallyport.local/local/agent/other' } }),
    status: 401,
    reason: 'delegation_issuer',
    forger: false,
  },
  {
    name: 'a delegation that acts as another agent',
    attempt: () => ({ claims: { act: { sub: 'agent/other' } } }),
    status: 401,
    reason: 'delegation_actor',
    forger: false,
  },
  {
    name: 'an expired delegation',
    attempt: () => ({ claims: { iat: seconds() - 200, exp: seconds() - 140 } }),
    status: 401,
    reason: 'delegation_expired',
    forger: false,
  },
  {
    name: 'a delegation for a year',
    attempt: () => ({ claims: { exp: seconds() + 31_536_000 } }),
    status: 401,
    reason: 'delegation_lifetime',
    forger: false,
  },
  {
    name: 'a delegation from the future',
    attempt: () => ({ claims: { iat: seconds() + 600, exp: seconds() + 660 } }),
    status: 401,
    reason: 'delegation_in_future',
    forger: false,
  },
  {
    name: 'a delegation without an end',
    attempt: () => ({ claims: { exp: undefined } }),
    status: 401,
    reason: 'delegation_claims',
    forger: false,
  },
  {
    name: 'a delegation without an id',
    attempt: () => ({ claims: { jti: undefined } }),
    status: 401,
    reason: 'delegation_claims',
    forger: false,
  },
  {
    name: 'a delegation for nobody',
    attempt: () => ({ claims: { sub: '' } }),
    status: 401,
    reason: 'delegation_person',
    forger: false,
  },
  {
    name: 'a delegation for a person who granted nothing',
    attempt: (world) => ({ claims: { sub: world.otherPerson } }),
    status: 403,
    reason: 'grant_missing',
    forger: false,
  },
  {
    name: 'certificate headers in place of a certificate',
    attempt: (world) => ({
      tls: null,
      headers: { 'x-amzn-mtls-clientcert': encodeURIComponent(world.otherAgent.certificate) },
    }),
    status: 0,
    forger: true,
  },
  {
    name: 'certificate headers beside another certificate',
    attempt: (world) => ({
      ...tls('otherAgent')(world),
      headers: {
        'x-forwarded-client-cert': encodeURIComponent(world.certificates['own']?.certificate ?? ''),
        'x-amzn-mtls-clientcert': encodeURIComponent(world.certificates['own']?.certificate ?? ''),
      },
    }),
    status: 401,
    reason: 'key_of_another_identity',
    forger: true,
  },
];

export const hostileAttempts: readonly HostileAttempt[] = [
  ...connection,
  ...signature,
  ...coverage,
  ...changed,
  ...delegation,
];
