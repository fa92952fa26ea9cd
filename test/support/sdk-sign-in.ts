import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OAuthClientProvider } from '@modelcontextprotocol/client';
import type { OAuthClientProvider as OldProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { createHeadlessPerson } from '../../src/local/headless-person.ts';

// What an application around the SDK's client brings to its OAuth flow: a place for tokens, an address to come back to, and a person at a browser.

export interface SdkSignIn {
  /** Of either generation: the two interfaces differ in nothing that is used here. */
  readonly provider: OAuthClientProvider & OldProvider;
  /** The code that the browser brought back last. Rejects when it brought none. */
  code(): Promise<string>;
  /** Where the person was sent, each time. */
  readonly visited: URL[];
  /** What the client holds now. */
  held(): { readonly access_token: string; readonly scope?: string | undefined } | undefined;
  close(): Promise<void>;
}

export async function createSdkSignIn(): Promise<SdkSignIn> {
  const callbacks: URL[] = [];
  const server = createServer((request, response) => {
    callbacks.push(new URL(request.url ?? '/', 'http://127.0.0.1'));
    response.end('Done.');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const redirectUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  const browser = createHeadlessPerson({ account: '', googleOrigin: 'http://google.invalid' });
  const visited: URL[] = [];
  const kept: { client?: unknown; tokens?: { access_token: string; scope?: string }; verifier?: string } = {};
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
    saveTokens: (tokens: { access_token: string }) => void Object.assign(kept, { tokens }),
    redirectToAuthorization: async (url: URL) => {
      visited.push(url);
      await browser.visit(url.href);
    },
    saveCodeVerifier: (verifier: string) => void Object.assign(kept, { verifier }),
    codeVerifier: () => kept.verifier ?? '',
  } as unknown as SdkSignIn['provider'];
  return {
    provider,
    visited,
    code: async () => {
      const code = callbacks.at(-1)?.searchParams.get('code');
      if (code === null || code === undefined) throw new Error(`no code came back: ${String(callbacks.at(-1))}`);
      return code;
    },
    held: () => kept.tokens,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
