import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { zipSync } from 'fflate';
import { createSecretSearch } from '../support/secret-search.ts';

// The search that the cycle relies on finds what it should: a search that finds nothing proves nothing.

const SECRET = 'a/very "secret" value+of=ours';
const search = createSecretSearch();
search.know('the secret', SECRET);
const found = [{ secret: 'the secret', place: 'here' }];

describe('the search for secrets', () => {
  it.each([
    ['as it is', `before ${SECRET} after`],
    ['inside JSON', JSON.stringify({ value: SECRET })],
    ['inside JSON inside JSON', JSON.stringify({ value: SECRET.replaceAll('"', '') }) + JSON.stringify(SECRET)],
    ['in a URL', `https://example.org/?value=${encodeURIComponent(SECRET)}`],
    ['in Base64 with something before it', Buffer.from(`x${SECRET}yz`).toString('base64')],
    ['in Base64 with two bytes before it', Buffer.from(`xy${SECRET}`).toString('base64url')],
    ['in hexadecimal', Buffer.from(`x${SECRET}`).toString('hex')],
  ])('finds one %s', (_how, text) => {
    expect(search.find('here', text)).toEqual(found);
  });

  it('opens archives and says which file of them it is', () => {
    const archive = zipSync({ 'a.txt': Buffer.from('nothing'), 'b.txt': Buffer.from(SECRET) });
    expect(search.find('here', archive)).toEqual([{ secret: 'the secret', place: 'here!b.txt' }]);
  });

  it('finds a private key by its lines, on one line too', () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const keys = createSecretSearch();
    keys.know('a key', privateKey);
    expect(keys.find('here', JSON.stringify({ private_key: privateKey }))).toHaveLength(1);
    expect(keys.find('here', privateKey.replaceAll('\n', ' '))).toHaveLength(1);
    expect(keys.find('here', 'no key')).toEqual([]);
  });

  it('refuses to look for what occurs by chance', () => {
    expect(() => search.know('short', 'unset')).toThrow('too short');
  });
});
