// Another MCP server behind this one, as the gateway needs it: what it offers now, and one call at a time. Which protocol revision it speaks, how
// it is reached and who it takes us for are the adapter's. What it says is data of a stranger: nothing here makes it believable.

type JsonObject = Readonly<Record<string, unknown>>;

/** A tool as the other server declares it. Nobody has approved it yet. */
export interface UpstreamTool {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject | undefined;
  readonly annotations?: JsonObject | undefined;
}

export interface UpstreamCall {
  /** As the other server calls it. */
  readonly name: string;
  readonly arguments: JsonObject;
  readonly signal: AbortSignal;
  /** W3C Trace Context: goes along in `_meta`, and as a header where there are headers. */
  readonly traceparent?: string | undefined;
  readonly onProgress?: ((progress: UpstreamProgress) => void) | undefined;
}

export interface UpstreamProgress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** What came back, in the shape of the newest revision; members that a revision does not know are absent. */
export interface UpstreamAnswer {
  readonly content: readonly JsonObject[];
  readonly structuredContent?: JsonObject | undefined;
  readonly isError: boolean;
}

/** Lives until it is closed or breaks; whoever finds it broken opens another one. */
export interface UpstreamConnection {
  readonly server: { readonly name: string; readonly version: string };
  /** The revision that was agreed on, such as `2025-06-18`. */
  readonly protocolVersion: string;
  /** True once nothing can be asked of it any more. */
  readonly broken: boolean;
  /** When something was last heard from it, on the clock it was opened with: who says nothing at all hangs. */
  readonly heardAtMs: number;
  /** All pages. Rejects with AppError `upstream_failed` or `timed_out`. */
  listTools(signal: AbortSignal): Promise<readonly UpstreamTool[]>;
  /** Rejects with AppError `upstream_failed`, `timed_out` or `invalid_request` (the server does not take the call). */
  callTool(call: UpstreamCall): Promise<UpstreamAnswer>;
  /** Called when the server says that its list is another one now. */
  onToolsChanged(listener: () => void): void;
  close(): Promise<void>;
}

export interface UpstreamConnector {
  /**
   * `tenant` is the person for whom it is opened, where each person has a connection of their own. Rejects with AppError
   * `upstream_failed`, `timed_out` or `misconfigured`, whose message names what is wrong without contents.
   */
  connect(options: { readonly tenant?: string | undefined; readonly signal: AbortSignal }): Promise<UpstreamConnection>;
}
