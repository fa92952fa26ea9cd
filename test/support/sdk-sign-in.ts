import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OAuthClientProvider } from '@modelcontextprotocol/client';
import type { OAuthClientProvider as OldProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { createHeadlessPerson } from '../../src/local/headless-person.ts';

// What an application around the SDK's client brings to its OAuth flow: a place for tokens, an address to come back to, and a person at a browser.

export interface HeldTokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}

export interface SdkSignIn {
  /** Of either generation: the two interfaces differ in nothing that is used here. */
  readonly provider: OAuthClientProvider & OldProvider;
  /** What the browser brought back last. */
  back(): URLSearchParams;
  /** Where the person was sent, each time. */
  readonly visited: URL[];
  /** What the client holds now; a test may take something from it. */
  held(): HeldTokens | undefined;
  hold(tokens: HeldTokens): void;
  close(): Promise<void>;
}

export async function createSdkSignIn(): Promise<SdkSignIn> {
  const callbacks: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    callbacks.push(new URL(request.url ?? '/', 'http://127.0.0.1').searchParams);
    response.end('Done.');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const redirectUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  const browser = createHeadlessPerson({ account: '', googleOrigin: 'http://google.invalid' });
  const visited: URL[] = [];
  const kept: { client?: unknown; tokens?: HeldTokens; verifier?: string; discovery?: unknown } = {};
  const provider = {
    redirectUrl,
    clientMetadata: {
      client_name: 'A client of the SDK',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client: unknown) => void Object.assign(kept, { client }),
    tokens: () => kept.tokens,
    saveTokens: (tokens: HeldTokens) => void Object.assign(kept, { tokens }),
    redirectToAuthorization: async (url: URL) => {
      visited.push(url);
      await browser.visit(url.href);
    },
    saveCodeVerifier: (verifier: string) => void Object.assign(kept, { verifier }),
    codeVerifier: () => kept.verifier ?? '',
    saveDiscoveryState: (discovery: unknown) => void Object.assign(kept, { discovery }),
    discoveryState: () => kept.discovery,
  } as unknown as SdkSignIn['provider'];
  return {
    provider,
    visited,
    back: () => callbacks.at(-1) ?? new URLSearchParams(),
    held: () => kept.tokens,
    hold: (tokens) => void Object.assign(kept, { tokens }),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
