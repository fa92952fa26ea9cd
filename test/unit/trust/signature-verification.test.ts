import { describe, expect, it } from '@jest/globals';
import { signRequest } from '../../../src/trust/sign-request.ts';
import { buildSignatureBase, computeHmac } from '../../../src/trust/signature-base.ts';
import type { SignatureReason, SignedMessage } from '../../../src/trust/signature-verification.ts';
import { good, KEY, NOW_MS, signed, verdictOn, withHeaders } from './signature-fixture.ts';

const input = (message: SignedMessage): string => message.headers['signature-input'] ?? '';
const signature = (message: SignedMessage): string => message.headers['signature'] ?? '';

/** The good message with its Signature-Input rewritten. The signature then no longer fits: the refusal must come before it. */
function rewritten(change: (text: string) => string): SignedMessage {
  const message = signed();
  return withHeaders(message, { 'signature-input': change(input(message)) });
}

/** Signs a Signature-Input in any legal spelling, `canonical` being what RFC 8941 makes of it. */
function respelled(text: string, canonical: string): SignedMessage {
  const message = signed();
  const values: Record<string, string> = {
    '@method': 'POST',
    '@authority': 'mcp.example.org',
    '@path': '/mcp',
    '@query': '?',
  };
  const names = [...canonical.slice(0, canonical.indexOf(')')).matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
  const base = buildSignatureBase(
    names.map((name) => [`"${name}"`, values[name] ?? message.headers[name] ?? '']),
    canonical,
  );
  return withHeaders(message, {
    'signature-input': text,
    signature: `s=:${computeHmac(base, KEY).toString('base64')}:`,
  });
}

const COMPONENTS =
  '"@method" "@authority" "@path" "@query" "content-digest" "authorization" "content-type" "mcp-protocol-version" "mcp-method" "mcp-name"';
const PARAMETERS = `;created=${NOW_MS / 1000};nonce="AQEBAQEBAQEBAQEBAQEBAQ";keyid="agent/assistant#1";alg="hmac-sha256";tag="sallyport"`;

describe('a signed request', () => {
  it('is accepted with a body, and without one for GET and DELETE', () => {
    expect(verdictOn(signed())).toBe('accepted');
    for (const method of ['GET', 'DELETE']) {
      const headers = { authorization: 'Bearer a.b.c' };
      expect(verdictOn(signed({ ...good, method, headers, body: Buffer.alloc(0) }))).toBe('accepted');
    }
  });

  it('is accepted without a body although API Gateway added a Content-Type', () => {
    const headers = { authorization: 'Bearer a.b.c' };
    const message = signed({ ...good, method: 'GET', headers, body: Buffer.alloc(0) });
    expect(verdictOn(withHeaders(message, { 'content-type': 'application/octet-stream' }))).toBe('accepted');
  });

  it('is accepted in any legal spelling of its fields', () => {
    const canonical = `(${COMPONENTS})${PARAMETERS}`;
    const spellings = [
      `s=${canonical}`,
      `  s=${canonical}  `,
      `s=(  ${COMPONENTS.replaceAll(' ', '   ')}  )${PARAMETERS.replaceAll(';', ';  ')}`,
    ];
    for (const text of spellings) expect(verdictOn(respelled(text, canonical))).toBe('accepted');
    const reordered = `(${COMPONENTS})${PARAMETERS.split(';')
      .slice(1)
      .reverse()
      .map((part) => `;${part}`)
      .join('')}`;
    expect(verdictOn(respelled(`s=${reordered}`, reordered))).toBe('accepted');
    const padded = `(${COMPONENTS})${PARAMETERS.replace('AQEBAQEBAQEBAQEBAQEBAQ', 'AQEBAQEBAQEBAQEBAQEBAQ==')}`;
    expect(verdictOn(respelled(`s=${padded}`, padded))).toBe('accepted');
  });

  it('is believed for sixty seconds either way, and not after it expires', () => {
    expect(verdictOn(signed(), NOW_MS + 60_000)).toBe('accepted');
    expect(verdictOn(signed(), NOW_MS + 60_001)).toBe('created_too_old');
    expect(verdictOn(signed(), NOW_MS - 60_000)).toBe('accepted');
    expect(verdictOn(signed(), NOW_MS - 60_001)).toBe('created_in_future');
    const expiring = signed({ ...good, expires: NOW_MS / 1000 + 5 });
    expect(verdictOn(expiring, NOW_MS + 4_999)).toBe('accepted');
    expect(verdictOn(expiring, NOW_MS + 5_000)).toBe('signature_expired');
  });

  it('is refused when what it covers has changed', () => {
    const message = signed();
    const changes: readonly SignedMessage[] = [
      withHeaders(message, { authorization: 'Bearer aaa.bbb.ccd' }),
      withHeaders(message, { 'content-type': 'text/plain' }),
      withHeaders(message, { 'mcp-protocol-version': '2025-11-25' }),
      withHeaders(message, { 'mcp-method': 'tools/list' }),
      withHeaders(message, { 'mcp-name': 'createevent' }),
      withHeaders(message, { 'content-digest': 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:' }),
      { ...message, method: 'PUT' },
    ];
    for (const changed of changes) expect(verdictOn(changed)).toBe('hmac_mismatch');
    expect(verdictOn({ ...message, body: Buffer.from('{"jsonrpc":"2.1"}') })).toBe('digest_mismatch');
  });
});

describe('the fault table of the signature', () => {
  const drop = (name: string) => rewritten((text) => text.replace(`"${name}" `, '').replace(` "${name}"`, ''));
  const message = signed();
  const empty = signed({ ...good, method: 'GET', headers: { authorization: 'Bearer a.b.c' }, body: Buffer.alloc(0) });

  const faults: readonly (readonly [SignatureReason, string, SignedMessage])[] = [
    ['method_malformed', 'a method in small letters', { ...message, method: 'post' }],
    ['method_malformed', 'a method with a line break', { ...message, method: 'GET\n"@path": /x' }],
    ['query_present', 'a query', { ...message, query: 'a=1' }],
    ['path_mismatch', 'another path', { ...message, path: '/mcp/' }],
    ['path_mismatch', 'an encoded path', { ...message, path: '/%6dcp' }],
    ['session_id_present', 'a session id', withHeaders(message, { 'mcp-session-id': 'x' })],
    ['mcp_param_present', 'a parameter header', withHeaders(message, { 'mcp-param-region': 'x' })],
    ['content_encoding_present', 'an encoded body', withHeaders(message, { 'content-encoding': 'gzip' })],
    ['content_encoding_present', 'even identity', withHeaders(message, { 'content-encoding': 'identity' })],
    ['signature_input_missing', 'no Signature-Input', withHeaders(message, { 'signature-input': undefined })],
    ['signature_missing', 'no Signature', withHeaders(message, { signature: undefined })],
    ['signature_input_too_long', 'an endless input', rewritten((text) => text + ' '.repeat(3000))],
    ['signature_input_malformed', 'an open list', rewritten((text) => text.replace(')', ''))],
    ['signature_input_malformed', 'an empty parameter', rewritten((text) => `${text};`)],
    ['signature_input_malformed', 'a trailing comma', rewritten((text) => `${text},`)],
    ['signature_input_malformed', 'no list', rewritten(() => 'sig="@method";created=1')],
    ['signature_input_malformed', 'a tab between components', rewritten((text) => text.replace(' ', '\t'))],
    ['signature_input_repeated', 'a parameter twice', rewritten((text) => `${text};created=1`)],
    ['signature_input_repeated', 'one label twice', rewritten((text) => `${text}, ${text}`)],
    ['signature_input_count', 'two inputs', rewritten((text) => `${text}, b=("@method")`)],
    ['signature_input_count', 'none', rewritten(() => ' ')],
    ['signature_malformed', 'a broken signature', withHeaders(message, { signature: 'sig=:abc' })],
    ['signature_malformed', 'a repeated label', withHeaders(message, { signature: 'sig=:YWE=:, sig=:YWE=:' })],
    ['signature_malformed', 'url-safe base64', withHeaders(message, { signature: 'sig=:__8=:' })],
    ['signature_count', 'two signatures', withHeaders(message, { signature: `${signature(message)}, b=:YWE=:` })],
    ['signature_label', 'another label', withHeaders(message, { signature: signature(message).replace('sig', 'b') })],
    ['signature_value', 'a string', withHeaders(message, { signature: 'sig="abc"' })],
    ['signature_value', 'parameters of its own', withHeaders(message, { signature: `${signature(message)};a` })],
    ['signature_value', 'a short signature', withHeaders(message, { signature: 'sig=:YWE=:' })],
    ['component_malformed', 'a token as component', rewritten((text) => text.replace('"@method"', 'method'))],
    ['component_parameters', 'a flagged component', rewritten((text) => text.replace('"@method"', '"@method";req'))],
    [
      'component_parameters',
      'a strict one',
      rewritten((text) => text.replace('"content-digest"', '"content-digest";sf')),
    ],
    ['component_unknown', 'another header', rewritten((text) => text.replace('"@method"', '"@method" "date"'))],
    ['component_unknown', 'capitals', rewritten((text) => text.replace('"authorization"', '"Authorization"'))],
    ['component_unknown', 'the target URI', rewritten((text) => text.replace('"@path"', '"@target-uri"'))],
    ['component_repeated', 'a component twice', rewritten((text) => text.replace('"@path"', '"@path" "@path"'))],
    ['component_not_covered', 'no method', drop('@method')],
    ['component_not_covered', 'no authority', drop('@authority')],
    ['component_not_covered', 'no path', drop('@path')],
    ['component_not_covered', 'no query', drop('@query')],
    ['component_not_covered', 'no digest', drop('content-digest')],
    ['component_not_covered', 'no authorization', drop('authorization')],
    ['component_not_covered', 'no protocol version', drop('mcp-protocol-version')],
    ['component_not_covered', 'no MCP method', drop('mcp-method')],
    ['component_not_covered', 'no MCP name', drop('mcp-name')],
    ['component_not_covered', 'a header added', withHeaders(empty, { 'mcp-name': 'freebusy' })],
    ['component_absent', 'no such header', withHeaders(message, { 'mcp-name': undefined })],
    ['component_absent', 'no Authorization', withHeaders(message, { authorization: undefined })],
    ['component_absent', 'no Content-Type', withHeaders(message, { 'content-type': undefined })],
    ['content_type_not_covered', 'a body of no type', drop('content-type')],
    ['content_type_not_covered', 'a body added', { ...empty, body: Buffer.from('{}') }],
    ['content_type_without_body', 'the body removed', { ...message, body: Buffer.alloc(0) }],
    ['header_joined', 'two types', withHeaders(message, { 'content-type': 'application/json,text/plain' })],
    ['header_joined', 'two names', withHeaders(message, { 'mcp-name': 'freebusy,createevent' })],
    ['header_joined', 'two authorizations', withHeaders(message, { authorization: 'Bearer a.b.c, Bearer d.e.f' })],
    ['header_malformed', 'a line break', withHeaders(message, { 'mcp-name': 'freebusy\n"@method": GET' })],
    ['header_malformed', 'a letter beyond ASCII', withHeaders(message, { 'mcp-name': 'café' })],
    ['parameter_unknown', 'a parameter of another kind', rewritten((text) => `${text};context="x"`)],
    ['created_malformed', 'no created', rewritten((text) => text.replace(/;created=\d+/, ''))],
    ['created_malformed', 'a string', rewritten((text) => text.replace(/created=(\d+)/, 'created="$1"'))],
    ['created_malformed', 'a fraction', rewritten((text) => text.replace(/created=(\d+)/, 'created=$1.5'))],
    ['created_malformed', 'before 1970', rewritten((text) => text.replace('created=', 'created=-'))],
    ['expires_malformed', 'a string', rewritten((text) => `${text};expires="soon"`)],
    ['expires_malformed', 'a flag', rewritten((text) => `${text};expires`)],
    ['nonce_malformed', 'no nonce', rewritten((text) => text.replace(/;nonce="[^"]*"/, ''))],
    ['nonce_malformed', 'a short one', rewritten((text) => text.replace(/nonce="[^"]*"/, 'nonce="AAAA"'))],
    ['nonce_malformed', 'a long one', rewritten((text) => text.replace('nonce="', 'nonce="A'))],
    ['nonce_malformed', 'spare bits set', rewritten((text) => text.replace(/nonce="(.{21})Q"/, 'nonce="$1R"'))],
    ['nonce_malformed', 'a separator', rewritten((text) => text.replace('nonce="AQ', 'nonce=":A'))],
    ['key_id_malformed', 'no key id', rewritten((text) => text.replace(/;keyid="[^"]*"/, ''))],
    ['key_id_malformed', 'a key id with a space', rewritten((text) => text.replace('assistant#', 'assistant #'))],
    ['key_id_malformed', 'a token', rewritten((text) => text.replace(/keyid="[^"]*"/, 'keyid=assistant'))],
    ['algorithm_refused', 'no algorithm', rewritten((text) => text.replace(';alg="hmac-sha256"', ''))],
    ['algorithm_refused', 'another algorithm', rewritten((text) => text.replace('hmac-sha256', 'ed25519'))],
    ['algorithm_refused', 'a token', rewritten((text) => text.replace('"hmac-sha256"', 'hmac-sha256'))],
    ['tag_refused', 'no tag', rewritten((text) => text.replace(';tag="sallyport"', ''))],
    ['tag_refused', 'a tag of another system', rewritten((text) => text.replace('sallyport', 'elsewhere'))],
    ['digest_missing', 'no digest', withHeaders(message, { 'content-digest': undefined })],
    ['digest_malformed', 'hex', withHeaders(message, { 'content-digest': 'sha-256=abcdef' })],
    ['digest_malformed', 'a short one', withHeaders(message, { 'content-digest': 'sha-256=:YWE=:' })],
    ['digest_malformed', 'a broken field', withHeaders(message, { 'content-digest': 'sha-256=:' })],
    ['digest_algorithm', 'sha-512 only', withHeaders(message, { 'content-digest': 'sha-512=:YWE=:' })],
    ['digest_algorithm', 'two digests', withHeaders(message, { 'content-digest': 'sha-256=:YWE=:,md5=:YWE=:' })],
  ];

  it.each(faults)('%s: %s', (reason, _case, request) => {
    expect(verdictOn(request)).toBe(reason);
  });

  it('shows every reason there is', () => {
    const every: Readonly<Record<SignatureReason, true>> = {
      query_present: true,
      path_mismatch: true,
      method_malformed: true,
      session_id_present: true,
      mcp_param_present: true,
      content_encoding_present: true,
      signature_missing: true,
      signature_malformed: true,
      signature_count: true,
      signature_value: true,
      signature_input_missing: true,
      signature_input_malformed: true,
      signature_input_repeated: true,
      signature_input_count: true,
      signature_input_too_long: true,
      signature_label: true,
      component_malformed: true,
      component_parameters: true,
      component_repeated: true,
      component_unknown: true,
      component_not_covered: true,
      component_absent: true,
      content_type_not_covered: true,
      content_type_without_body: true,
      header_joined: true,
      header_malformed: true,
      parameter_unknown: true,
      created_malformed: true,
      expires_malformed: true,
      nonce_malformed: true,
      key_id_malformed: true,
      algorithm_refused: true,
      tag_refused: true,
      digest_missing: true,
      digest_malformed: true,
      digest_algorithm: true,
    };
    expect([...new Set(faults.map(([reason]) => reason))].sort()).toEqual(Object.keys(every).sort());
  });

  it('refuses a signature by another key', () => {
    expect(verdictOn(signed({ ...good, secret: Buffer.alloc(32, 8) }))).toBe('hmac_mismatch');
  });
});

describe('the signer', () => {
  it('signs for a default port as for none, and trims what it covers', () => {
    expect(verdictOn(signed({ ...good, authority: 'MCP.example.org:443' }))).toBe('accepted');
    expect(verdictOn(signed({ ...good, headers: { ...good.headers, 'mcp-name': ' freebusy ' } }))).toBe('accepted');
  });

  it('refuses what no door would accept', () => {
    expect(() => signRequest({ ...good, nonce: Buffer.alloc(15) })).toThrow(RangeError);
    expect(() => signRequest({ ...good, headers: { 'content-type': 'text/plain' } })).toThrow('without authorization');
    expect(() => signRequest({ ...good, headers: { authorization: 'Bearer a.b.c' } })).toThrow('without content-type');
    expect(() => signRequest({ ...good, headers: { ...good.headers, 'mcp-name': 'a\nb' } })).toThrow('mcp-name');
  });
});
