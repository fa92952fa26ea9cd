// The protocol's revisions that are served here, and the members of `_meta` that are read without the SDK. A test holds the names to the SDK's.

export type Era = 'modern' | 'legacy';

export const MODERN_VERSION = '2026-07-28';
/** Newest first: what `initialize` offers to a client that asks for a revision not served. */
export const LEGACY_VERSIONS: readonly string[] = ['2025-11-25', '2025-06-18'];

/** https://modelcontextprotocol.io/seps/2663-tasks-extension */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

export const PROTOCOL_VERSION_META_KEY = 'io.modelcontextprotocol/protocolVersion';
export const CLIENT_INFO_META_KEY = 'io.modelcontextprotocol/clientInfo';
export const CLIENT_CAPABILITIES_META_KEY = 'io.modelcontextprotocol/clientCapabilities';
export const SERVER_INFO_META_KEY = 'io.modelcontextprotocol/serverInfo';
