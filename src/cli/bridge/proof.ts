import type { OwnTls } from '../client/transport.ts';

// How a request proves to a door who sends it. One for each kind of door; whoever sends knows only this.

/** A request before its proof. Names of headers in lower case. */
export interface UnprovedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface Refusal {
  readonly status: number;
  /** RFC 6750 §3; the whole header. */
  readonly challenge: string | undefined;
  /** The `authorization` that was turned down, as it was sent. */
  readonly authorization: string | undefined;
}

export interface Proven {
  /** All headers to send, those that were there before among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the connection is part of the proof; another object means other connections. */
  readonly tls?: OwnTls;
}

export interface Proof {
  /** Rejects with AppError where there is nothing to prove with. */
  prove(request: UnprovedRequest): Promise<Proven>;
  /** Whether another proof is there after a 401 or 403, so that the same request is worth sending once more. */
  renew?(refusal: Refusal): Promise<boolean>;
}
