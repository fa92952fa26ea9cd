import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../src/kernel/app-error.ts';
import { createToken, parseToken } from '../../../src/trust/access-token.ts';
import { canonicalJson } from '../../../src/trust/canonical-json.ts';
import { parseClientCertificate } from '../../../src/trust/client-certificate.ts';
import { parseCredentials } from '../../../src/trust/credentials.ts';
import { mintDelegation, readBearer, verifyDelegation } from '../../../src/trust/delegation.ts';
import { parseKeyring } from '../../../src/trust/keyring.ts';
import { parseRevocations } from '../../../src/trust/revocation-list.ts';
import { holdsScope, intersectScopes, parseScopes } from '../../../src/trust/scope.ts';
import { formatSpiffeId, parseSpiffeId } from '../../../src/trust/spiffe-id.ts';
import { testAgentCertificate } from '../../support/certificates.ts';

// Whatever arrives, each parser answers or refuses in the way it says; none throws anything else, and none accepts noise.

const noise = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 60 }), fc.json());
const NOW_MS = 1_790_000_000_000;
const ulid = fc.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
const agent = fc.oneof(
  fc.stringMatching(/^agent\/[a-z][a-z0-9-]{0,31}$/),
  ulid.map((text) => `bridge/p_${text}`),
);

function throwsOnly(code: string, run: () => unknown): void {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe(code);
  }
}

describe('records and documents', () => {
  it('that are noise are faults of the stored record, never values', () => {
    fc.assert(
      fc.property(noise, (text) => {
        expect(() => parseRevocations(text)).toThrow(AppError);
        expect(() => parseKeyring(text, Buffer.alloc(32))).toThrow(AppError);
        throwsOnly('misconfigured', () => parseCredentials(text));
      }),
    );
  });
});

describe('SPIFFE ids', () => {
  it('come back as they were written', () => {
    const trustDomain = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,30}$/);
    const environment = fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/);
    fc.assert(
      fc.property(trustDomain, environment, agent, (domain, place, name) => {
        const text = formatSpiffeId({ trustDomain: domain, environment: place, agent: name });
        expect(parseSpiffeId(text)).toMatchObject({ text, trustDomain: domain, environment: place, agent: name });
      }),
    );
  });

  it('with anything before, behind or between are none', () => {
    const good = 'spiffe://sallyport.local/local/agent/assistant';
    fc.assert(
      fc.property(
        fc.nat(good.length),
        fc.constantFrom('/', '%', '?', '#', ':', '@', ' ', '\n', 'A', '\0', 'é'),
        (at, extra) => {
          expect(parseSpiffeId(good.slice(0, at) + extra + good.slice(at))).toBeUndefined();
        },
      ),
    );
    fc.assert(fc.property(noise, (text) => expect(parseSpiffeId(text)).toBeUndefined()));
  });
});

describe('certificates and delegations', () => {
  it('that are noise are refused', () => {
    fc.assert(
      fc.property(noise, (text) => {
        expect(parseClientCertificate(text)).toMatchObject({ ok: false, reason: 'certificate_malformed' });
        const pem = `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;
        expect(parseClientCertificate(pem).ok).toBe(false);
      }),
    );
  });

  it('with any one character changed are refused', async () => {
    const { pem, keyPem } = await testAgentCertificate();
    const parsed = parseClientCertificate(pem);
    if (!parsed.ok) throw new Error(parsed.reason);
    const certificate = parsed.value;
    const token = mintDelegation({
      certificate,
      privateKey: createPrivateKey(keyPem),
      person: 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV',
      scopes: ['calendar.read'],
      audience: 'https://mcp.example.org/mcp',
      nowMs: NOW_MS,
      lifetimeSeconds: 60,
      random: Buffer.alloc(16),
    });
    const verdict = (text: string) =>
      verifyDelegation(text, { certificate, audience: 'https://mcp.example.org/mcp', nowMs: NOW_MS }).ok;
    expect(verdict(token)).toBe(true);
    fc.assert(
      // The last character of each part may hold spare bits that no decoder reads: all others count.
      fc.property(fc.nat(token.length - 2), fc.stringMatching(/^[A-Za-z0-9_.-]$/), (at, character) => {
        fc.pre(token[at] !== character && token[at + 1] !== '.');
        expect(verdict(token.slice(0, at) + character + token.slice(at + 1))).toBe(false);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(noise, (text) => expect(verdict(text)).toBe(false)));
    fc.assert(fc.property(noise, (text) => expect(readBearer(text) ?? 'a.b.c').toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)));
  });
});

describe('tokens of ours', () => {
  it('come back in their parts, and noise in none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 42, maxLength: 42 }), (random) => {
        const person = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
        const created = createToken({ person, audience: 'mcp', scopes: [], nowMs: NOW_MS, lifetimeSeconds: 1, random });
        expect(parseToken(created.text)?.id).toBe(created.record.id);
      }),
    );
    fc.assert(fc.property(noise, (text) => expect(parseToken(text)).toBeUndefined()));
  });
});

describe('scopes', () => {
  const scope = fc.constantFrom(
    'calendar.read',
    'calendar.write',
    'weather.read',
    'weather.write',
    'aws.read',
    'confirm',
  );
  const scopes = fc.uniqueArray(scope);

  it('in common are held by both sides, and all that both sides hold is in common', () => {
    fc.assert(
      fc.property(scopes, scopes, scope, (left, right, asked) => {
        const common = intersectScopes(left, right);
        expect(holdsScope(common, asked)).toBe(holdsScope(left, asked) && holdsScope(right, asked));
        expect(common).toEqual(intersectScopes(right, left));
      }),
    );
  });

  it('are read from a list, and one that is not ours spoils it', () => {
    fc.assert(
      fc.property(scopes, noise, (list, other) => {
        expect(parseScopes(list.join(' '))).toEqual(list);
        fc.pre(other.trim() !== '' && !/^[a-z .]+$/.test(other));
        expect(parseScopes(`${list.join(' ')} ${other.replaceAll(' ', '*')}`)).toBeUndefined();
      }),
    );
  });
});

describe('canonical JSON', () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, member]) => [key, shuffled(member)]),
    );
  };

  it('says the same whatever the order of the members, and nothing else', () => {
    const value = fc.jsonValue({ maxDepth: 4 }).filter((candidate) => !JSON.stringify(candidate).includes('__proto__'));
    fc.assert(
      fc.property(value, (data) => {
        expect(canonicalJson(shuffled(data))).toBe(canonicalJson(data));
        expect(JSON.parse(canonicalJson(data))).toEqual(JSON.parse(JSON.stringify(data)));
      }),
    );
  });
});
