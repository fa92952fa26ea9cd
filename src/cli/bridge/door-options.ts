import type { OwnTls } from '../client/transport.ts';

// What it takes to reach one door, as the configuration says it once it is read and checked.

/** A secret where it lies; it is read when it is needed and never printed. */
export type SecretSource = () => Promise<string>;

export type DoorAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: SecretSource }
  | {
      readonly kind: 'oauth';
      readonly issuer?: string | undefined;
      readonly clientId?: string | undefined;
      readonly scopes?: readonly string[] | undefined;
      /** RFC 8707; the door's own URL when left out. */
      readonly resource?: string | undefined;
      readonly audience?: string | undefined;
      readonly port?: number | undefined;
      /** False: the address is only shown, and the person opens it. */
      readonly browser: boolean;
    }
  | {
      readonly kind: 'client_credentials';
      readonly issuer?: string | undefined;
      readonly tokenUrl?: string | undefined;
      readonly clientId: string;
      readonly clientSecret: SecretSource;
      /** RFC 6749 §2.3.1: the secret in a header, or in the form. */
      readonly clientAuth: 'basic' | 'post';
      readonly scopes?: readonly string[] | undefined;
      readonly resource?: string | undefined;
      readonly audience?: string | undefined;
    }
  | {
      readonly kind: 'sigv4';
      readonly profile?: string | undefined;
      readonly region?: string | undefined;
      readonly token?: SecretSource | undefined;
    }
  | {
      readonly kind: 'certificate';
      /** The credentials document's text. */
      readonly document: SecretSource;
      readonly person?: string | undefined;
      readonly scopes: readonly string[];
    };

export interface DoorOptions {
  /** Short, of the configuration: names it in words, logs and prefixes. */
  readonly name: string;
  /** The whole address of the MCP endpoint. */
  readonly url: string;
  readonly auth: DoorAuth;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For doors whose certificate is of a private authority. */
  readonly tls?: OwnTls | undefined;
  /** The longest wait for an answer. Default 120 s. */
  readonly timeoutMs?: number | undefined;
  /** How long a request is tried again while nobody answers. Default 30 s. */
  readonly patienceMs?: number | undefined;
}
