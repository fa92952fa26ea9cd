import { describe, expect, it } from '@jest/globals';
import * as sdk from '@modelcontextprotocol/server';
import * as ours from '../../../../src/mcp/protocol/revisions.ts';

// What is written down here so that a call need not load the SDK is what the SDK says.

describe('the protocol as it is read without the SDK', () => {
  it('has the SDK’s names for members of `_meta`', () => {
    expect(ours.PROTOCOL_VERSION_META_KEY).toBe(sdk.PROTOCOL_VERSION_META_KEY);
    expect(ours.CLIENT_INFO_META_KEY).toBe(sdk.CLIENT_INFO_META_KEY);
    expect(ours.CLIENT_CAPABILITIES_META_KEY).toBe(sdk.CLIENT_CAPABILITIES_META_KEY);
    expect(ours.SERVER_INFO_META_KEY).toBe(sdk.SERVER_INFO_META_KEY);
  });

  it('serves the newest of the older revisions that the SDK knows', () => {
    expect(ours.LEGACY_VERSIONS[0]).toBe(sdk.LATEST_PROTOCOL_VERSION);
  });
});
