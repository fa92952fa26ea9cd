// How this system proves to another MCP server who calls. Only names of secrets are in it, never a secret.

/** No proof: a server that anybody may call. */
export interface NoAuth {
  readonly kind: 'none';
}

/** `Authorization: Bearer <secret>`: also our own key door, with a token of ours. */
export interface BearerAuth {
  readonly kind: 'bearer';
  /** The name of the secret that holds the token. */
  readonly secret: string;
}

/** OAuth 2.1 client credentials (RFC 6749 §4.4): a token for us, not for a person. */
export interface ClientCredentialsAuth {
  readonly kind: 'oauth';
  /** The token endpoint; or `issuer`, whose metadata (RFC 8414) names it. */
  readonly tokenUrl?: string;
  readonly issuer?: string;
  readonly clientId: string;
  /** The name of the secret that holds the client's secret. */
  readonly secret: string;
  readonly scopes?: readonly string[];
  /** RFC 8707; the server's own URL unless given. */
  readonly resource?: string;
  /** For authorization servers that go by `audience` instead. */
  readonly audience?: string;
  /** How the client proves itself: in the header (RFC 6749 §2.3.1) unless given. */
  readonly clientAuth?: 'basic' | 'post';
}

/** AWS Signature Version 4, as the role of this process. */
export interface SigV4Auth {
  readonly kind: 'sigv4';
  /** Only where the address does not say: behind a domain of one's own. */
  readonly service?: string;
  readonly region?: string;
}

/** The agent door of another system of this kind: client certificate, signature and a delegation by the person. */
export interface AgentDoorAuth {
  readonly kind: 'agent_door';
  /** The name of the secret that holds the credentials document. */
  readonly secret: string;
  /** The most that may be done there, as its scopes say. */
  readonly scopes: readonly string[];
  /** Whom it acts for there; without it each of our persons is also a person there, by the same id. */
  readonly person?: string;
}

export type UpstreamAuth = NoAuth | BearerAuth | ClientCredentialsAuth | SigV4Auth | AgentDoorAuth;
