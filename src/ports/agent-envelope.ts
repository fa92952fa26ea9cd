// What our agent says of itself with each request to the MCP API: the `_meta` of revision 2026-07-28, which is the same in every one of them. The MCP
// API knows it word for word and need not ask the SDK what to think of it.

export const AGENT_INFO = { name: 'sallyport-agent', version: '1' } as const;

/** https://modelcontextprotocol.io/seps/2663-tasks-extension */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** Its calls may go on behind their answers, for which it waits; a person's yes is asked for at a URL. */
export const AGENT_CAPABILITIES = { elicitation: { url: {} }, extensions: { [TASKS_EXTENSION]: {} } } as const;

/** In the SDK client's order: it is compared as text. */
export const AGENT_ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': AGENT_INFO,
  'io.modelcontextprotocol/clientCapabilities': AGENT_CAPABILITIES,
} as const;
