import type { UpstreamAuth } from '../../ports/upstream-auth.ts';

// One server behind this one, as its operator configured it.

/** A process of our own: command, arguments and environment may hold placeholders (`placeholders.ts`). */
export interface ChildLaunch {
  readonly kind: 'child';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
}

/** Streamable HTTP; header values may hold placeholders. */
export interface HttpLaunch {
  readonly kind: 'http';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: UpstreamAuth;
}

/** A function of its own where this system is deployed (`make deploy-gateway`); on one machine the child that it is made of. */
export interface LambdaLaunch {
  readonly kind: 'lambda';
  readonly child: ChildLaunch;
}

export type Launch = ChildLaunch | HttpLaunch | LambdaLaunch;

export interface Hints {
  readonly readOnlyHint?: boolean | undefined;
  readonly destructiveHint?: boolean | undefined;
  readonly idempotentHint?: boolean | undefined;
  readonly openWorldHint?: boolean | undefined;
}

export interface ServerConfig {
  readonly name: string;
  /** What its scopes begin with. */
  readonly toolset: string;
  readonly launch: Launch;
  /** Variables of our environment that its placeholders may name. */
  readonly passes: readonly string[];
  /** `person`: each person has a server (a child, a connection) of their own. `none`: one for all, which holds nobody's data. */
  readonly tenant: 'person' | 'none';
  /** Names of its tools, `*` for anything. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  /** By tool, in place of `<toolset>.read` or `.write`. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
  /** By tool: what the operator knows better than the server's own annotations. */
  readonly annotations: Readonly<Record<string, Hints>>;
  /** Of one call, the connection included. */
  readonly timeoutMs: number;
  /** Calls at the same time; more wait. */
  readonly concurrency: number;
}
