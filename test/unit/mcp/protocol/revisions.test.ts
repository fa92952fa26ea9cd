import { describe, expect, it } from '@jest/globals';
import * as sdk from '@modelcontextprotocol/server';
import * as ours from '../../../../src/mcp/protocol/revisions.ts';
import { AGENT_ENVELOPE } from '../../../../src/ports/agent-envelope.ts';

// What is written down here so that a call need not load the SDK is what the SDK says.

describe('the protocol as it is read without the SDK', () => {
  it('has the SDK’s names for members of `_meta`', () => {
    expect(ours.PROTOCOL_VERSION_META_KEY).toBe(sdk.PROTOCOL_VERSION_META_KEY);
    expect(ours.CLIENT_CAPABILITIES_META_KEY).toBe(sdk.CLIENT_CAPABILITIES_META_KEY);
    expect(ours.SERVER_INFO_META_KEY).toBe(sdk.SERVER_INFO_META_KEY);
  });

  it('serves the newest revision that the SDK knows', () => {
    expect(sdk.SUPPORTED_PROTOCOL_VERSIONS).toContain(ours.LEGACY_VERSIONS[0]);
    expect(AGENT_ENVELOPE[ours.PROTOCOL_VERSION_META_KEY]).toBe(ours.MODERN_VERSION);
  });
});
