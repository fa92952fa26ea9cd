// One HTTP exchange as plain data: what API Gateway's payload 2.0, a Function URL and a local socket have in common.
// The apps take it; `adapters/http` makes it from each kind of event. No `fetch` classes on the way in.

/** An AWS identity as a front door that checks SigV4 reports it. */
export interface IamCaller {
  /** Twelve digits. */
  readonly accountId: string;
  /** Of the role or user (`AROA…`, `AIDA…`), without a session's name: names come back after a deletion, unique ids do not. */
  readonly uniqueId: string;
}

export interface HttpRequest {
  readonly method: string;
  /** The path as API Gateway gives it: decoded, stage removed. */
  readonly path: string;
  /** The raw query string without `?`; empty when there is none. */
  readonly query: string;
  /** Lower-case names; a repeated header arrives as one value joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Cookie pairs (`name=value`), as payload 2.0 carries them apart from the headers. */
  readonly cookies: readonly string[];
  readonly body: Uint8Array;
  /** The authority the front door accepted the request under (API Gateway's `domainName`, or the edge's own). */
  readonly domainName: string;
  readonly apiId: string;
  readonly stage: string;
  readonly sourceIp: string;
  readonly requestId: string;
  /** The client certificate the TLS layer accepted, as PEM. Never taken from a header. */
  readonly clientCertificatePem?: string;
  /** Who the event says has signed the request by SigV4. Any made-up event can say so: `iam` is what may be believed. */
  readonly iamClaim?: IamCaller;
  /** Who signed the request by SigV4, as the one front door that is configured to check it says. Never taken from a header. */
  readonly iam?: IamCaller;
  /** Milliseconds left before the platform gives up on this request. */
  readonly remainingMs: number;
  /** Aborts when the client leaves before it is answered. Absent where the platform does not see that, as on Lambda. */
  readonly clientGone?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `Set-Cookie` values. */
  readonly cookies?: readonly string[];
  readonly body: string | Uint8Array;
  /** A body that arrives in pieces; `body` is then empty. Front doors that cannot pass pieces on wait for all of them. */
  readonly chunks?: AsyncIterable<Uint8Array>;
}

export type HttpApp = (request: HttpRequest) => Promise<HttpResponse>;
