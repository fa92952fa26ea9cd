import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/kernel/app-error.ts';
import { codeOf, createRefusal, type DoorReason, describeCause } from '../../../../src/mcp/doors/door.ts';

describe('the answer to a refusal', () => {
  const forbidden: readonly DoorReason[] = ['grant_missing', 'grant_of_another', 'grant_expired', 'grant_scope'];
  const unavailable: readonly DoorReason[] = [
    'revocations_unavailable',
    'revocations_stale',
    'keyring_unavailable',
    'nonce_store_unavailable',
    'grant_store_unavailable',
    'token_store_unavailable',
  ];
  const unauthenticated: readonly DoorReason[] = [
    'certificate_revoked',
    'hmac_mismatch',
    'nonce_replayed',
    'token_expired',
  ];

  it('is 403 for grants, 503 for what could not be asked, 500 for a fault of ours and 401 for all else', () => {
    expect(forbidden.map(codeOf)).toEqual(forbidden.map(() => 'forbidden'));
    expect(unavailable.map(codeOf)).toEqual(unavailable.map(() => 'unavailable'));
    expect(unauthenticated.map(codeOf)).toEqual(unauthenticated.map(() => 'unauthenticated'));
    expect(codeOf('door_fault')).toBe('internal');
  });

  it('challenges on 401 and asks for patience on 503, never both', () => {
    const headersOf = (reason: DoorReason) => createRefusal({ reason, challenge: 'Bearer' }, {}).headers;
    expect(headersOf('hmac_mismatch')).toEqual({ 'www-authenticate': 'Bearer' });
    expect(headersOf('revocations_stale')).toEqual({ 'retry-after': '1' });
    expect(headersOf('grant_missing')).toEqual({});
    expect(headersOf('door_fault')).toEqual({});
  });

  it('names a cause in the log by our words or by its kind only', () => {
    expect(describeCause(new AppError('unavailable', 'The store is closed.'))).toBe(
      'unavailable: The store is closed.',
    );
    expect(describeCause(new RangeError('something secret'))).toBe('RangeError');
    expect(describeCause('something secret')).toBe('string');
  });
});
