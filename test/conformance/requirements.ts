// What the specification asks of a server like this one, each with the test that shows it. `requirements.test.ts` fails on a row whose test
// is gone. The conformance suites cover more; these are the rows that a reader of our code should be able to find.

const SPEC = 'https://modelcontextprotocol.io/specification/2026-07-28';
const HTTP = `${SPEC}/basic/transports/streamable-http`;
const ROUND_TRIPS = `${SPEC}/basic/patterns/mrtr`;
const ELICITATION = `${SPEC}/client/elicitation`;
const VERSIONING = `${SPEC}/basic/versioning`;
const TOOLS = `${SPEC}/server/tools`;
const OLD = 'https://modelcontextprotocol.io/specification/2025-11-25';

const SERVE = 'test/unit/mcp/protocol/serve.test.ts';
const ENDPOINT = 'test/unit/mcp/endpoint.test.ts';
const FLOW = 'test/unit/mcp/approval-flow.test.ts';
const CALL = 'test/unit/mcp/call-tool.test.ts';

export interface Requirement {
  readonly page: string;
  readonly section: string;
  readonly requirement: string;
  readonly file: string;
  /** The test's name as it stands in the file. */
  readonly test: string;
}

const row = (page: string, section: string, requirement: string, file: string, test: string): Requirement => ({
  page,
  section,
  requirement,
  file,
  test,
});

export const requirements: readonly Requirement[] = [
  row(HTTP, 'Security & Endpoint', 'an invalid Origin is answered with 403', ENDPOINT, 'refuses a page of %j: 403'),
  row(
    HTTP,
    'Sending Messages',
    'an accepted notification is answered with 202 and no body',
    SERVE,
    '%s is taken and goes nowhere: 202',
  ),
  row(
    HTTP,
    'Sending Messages',
    'a request is answered in JSON or as a stream',
    ENDPOINT,
    'answers in JSON whatever Accept says: %s',
  ),
  row(
    HTTP,
    'Protocol Version Header',
    'a version that is not served: 400, UnsupportedProtocolVersionError',
    SERVE,
    'refuses a version it does not serve, and names the one it does',
  ),
  row(
    HTTP,
    'Protocol Version Header',
    'an unknown method: 404, -32601',
    SERVE,
    'does not know the method %s: 404, -32601',
  ),
  row(
    HTTP,
    'Server Validation',
    'headers that are missing or disagree with the body: 400, -32020',
    SERVE,
    'refuses headers that disagree with the body: %s',
  ),
  row(
    HTTP,
    'Value Encoding',
    'an encoded Mcp-Name is decoded before it is compared',
    SERVE,
    'takes a name in Base64, and white space around values',
  ),
  row(
    HTTP,
    'Server Behavior for Custom Headers',
    'a recognized Mcp-Param header is validated: none is, so no tool may ask for one',
    SERVE,
    'does not start with a tool that wants arguments in headers',
  ),
  row(
    HTTP,
    'Earlier Streamable HTTP Revisions',
    'GET and DELETE: 405',
    ENDPOINT,
    'refuses %s: 405, and says what it takes',
  ),
  row(
    HTTP,
    'Earlier Streamable HTTP Revisions',
    'Mcp-Session-Id and Last-Event-ID are ignored, none is minted',
    ENDPOINT,
    'ignores a session id and an event id',
  ),
  row(
    VERSIONING,
    'Protocol Version Negotiation',
    'server/discover names the versions',
    SERVE,
    'answers server/discover with what is served and how long that may be kept',
  ),
  row(
    VERSIONING,
    'Backward Compatibility',
    'clients that begin with initialize are served',
    SERVE,
    'to a client that offers %s it says %s',
  ),
  row(`${SPEC}/basic`, '_meta', 'a request without its _meta: -32602', SERVE, 'refuses a request with %s: 400, -32602'),
  row(
    `${SPEC}/server/utilities/caching`,
    'Caching',
    'lists say how long they may be kept, and by whom',
    SERVE,
    'lists tools with what a client may see of them, and how long the list may be kept',
  ),
  row(
    ROUND_TRIPS,
    'Server Requirements',
    'requestState is the attacker’s to choose',
    FLOW,
    'gets nowhere with another state: %j',
  ),
  row(
    ROUND_TRIPS,
    'Server Requirements',
    'what must be consumed once is kept on the server',
    'test/unit/mcp/approvals.test.ts',
    'lets one of fifty calls at the same time through',
  ),
  row(
    ROUND_TRIPS,
    'Server Requirements',
    'no input is asked of a client that did not declare it',
    FLOW,
    'is told in words where the person can approve: %j',
  ),
  row(
    ELICITATION,
    'URL Mode',
    'accept is consent to open the URL, not the outcome',
    FLOW,
    'is asked again while nobody has answered: what the client says is no yes',
  ),
  row(ELICITATION, 'Response Actions', 'decline and cancel are handled', FLOW, 'ends the call when its dialog says %s'),
  row(TOOLS, 'Error Handling', 'an unknown tool: -32602', SERVE, 'calls an unknown tool an invalid parameter'),
  row(
    TOOLS,
    'Error Handling',
    'bad arguments are a tool error that a model can act on',
    CALL,
    '%j: the answer says which and what is expected, and repeats no value',
  ),
  row(
    TOOLS,
    'Output Schema',
    'structured results fit the output schema',
    CALL,
    'must fit its output schema, else it is a fault of ours',
  ),
  row(
    TOOLS,
    'Security Considerations',
    'tool invocations are rate limited',
    'test/unit/mcp/rate-limit.test.ts',
    'answers 429 with Retry-After, and 503 when the store is down',
  ),
  row(
    `${OLD}/client/elicitation`,
    'URL elicitation required',
    'the error -32042 carries the elicitations',
    FLOW,
    'is told by the error -32042',
  ),
  row(
    `${OLD}/basic/transports`,
    'Sending Messages',
    'a body is a single message: no batches',
    SERVE,
    '%s is an invalid request: 400, -32600',
  ),
];
