// Every row of what Sallyport must do, with the tests that prove it. `test/unit/workshop/requirements.test.ts` fails on a row
// that is kept without a test, on a test that is not there, and on a row that is missing.

export interface Requirement {
  readonly row: string;
  readonly what: string;
  readonly state: 'kept' | 'partly';
  /** `[file, words of a test's name in it]`. */
  readonly tests: readonly (readonly [string, string])[];
  /** For `partly`: what is still to come. */
  readonly missing?: string;
}

export const requirements: readonly Requirement[] = [
  {
    row: 'S0.1',
    what: 'MCP API: freebusy and createevent on Google Calendar with the calling person’s own tokens',
    state: 'kept',
    tests: [
      ['test/e2e/two-persons.test.ts', 'each have their own calendar behind the same tools'],
      ['test/e2e/hostile.test.ts', 'lets a correctly signed call through'],
    ],
  },
  {
    row: 'S0.2',
    what: 'Agent API and agent: authenticates, plans in natural language, checks arguments against schemas, calls tools',
    state: 'kept',
    tests: [
      ['test/e2e/canaries.test.ts', 'after a whole conversation'],
      ['test/e2e/slack.test.ts', 'is answered where it was written, by editing one message'],
      ['test/handler/agent-api.test.ts', ''],
    ],
  },
  {
    row: 'S0.3',
    what: 'OAuth API: redirects to Google, handles the callback, stores tokens and granted scopes encrypted',
    state: 'kept',
    tests: [
      ['test/handler/oauth-connect.test.ts', ''],
      ['test/e2e/canaries.test.ts', 'no record in the store holds a Google token'],
    ],
  },
  {
    row: 'S0.4',
    what: 'Redis over TLS holds encrypted Google tokens, nonces, the MCP manifest',
    state: 'kept',
    tests: [
      ['test/e2e/faults.test.ts', 'the whole way of a question works'],
      ['test/contract/redis-store.test.ts', ''],
      ['test/contract/redis-acl.test.ts', 'nothing under'],
      ['test/contract/dynamodb-store.test.ts', ''],
      ['test/bundle/dynamodb.test.ts', 'asks DynamoDB for nothing that a policy does not allow'],
    ],
  },
  {
    row: 'S0.5',
    what: 'a Node test client',
    state: 'kept',
    tests: [['test/e2e/command-line.test.ts', 'the test client']],
  },
  {
    row: 'S0.6',
    what: 'Slack bot',
    state: 'kept',
    tests: [
      ['test/unit/trust/slack-signature.test.ts', 'takes what we sign, and we refuse what it refuses'],
      ['test/e2e/slack.test.ts', 'is answered by its person’s click, and the turn goes on by itself'],
      ['test/e2e/slack.test.ts', 'three times is answered once'],
      ['test/e2e/slack.test.ts', 'is refused to everybody else, known or not'],
      ['test/e2e/slack.test.ts', 'each message runs as its sender'],
      ['test/handler/oauth-slack.test.ts', 'is linked by the code that the page showed, and by no other'],
    ],
  },
  {
    row: 'S0.7',
    what: 'client to Agent API: bearer token',
    state: 'kept',
    tests: [
      ['test/e2e/two-persons.test.ts', 'opens the one API it was made for'],
      ['test/e2e/two-persons.test.ts', 'is useless once revoked'],
      ['test/handler/agent-identity.test.ts', 'chats as that person, and delegates no more than it carries'],
    ],
  },
  {
    row: 'S0.8',
    what: 'agent to MCP: mutual TLS, HMAC over timestamp, nonce and the request',
    state: 'kept',
    tests: [
      ['test/e2e/hostile.test.ts', 'is tried in more than sixty ways'],
      ['test/e2e/hostile.test.ts', 'accepts exactly one of fifty copies'],
      ['test/e2e/outside-client.test.ts', 'is refused once anything is changed'],
    ],
  },
  {
    row: 'S0.9',
    what: 'mTLS custom domain in AWS',
    state: 'kept',
    tests: [
      ['test/infra/service.test.ts', 'asks for a client certificate at the agent door'],
      ['test/infra/service.test.ts', 'gives every API its domain and leaves it no other way in'],
      ['test/infra/cycle.test.ts', 'asks for client certificates at the MCP domain alone'],
    ],
  },
  {
    row: 'S0.10',
    what: 'Parameter Store SecureStrings under KMS',
    state: 'kept',
    tests: [
      ['test/infra/foundation.test.ts', 'has a place for each secret, and no value'],
      ['test/infra/foundation-roles.test.ts', 'never learns a secret, and never resets one'],
      ['test/infra/service.test.ts', 'lets each function read the parameters that it is told of, and no others'],
      ['test/contract/parameter-store.test.ts', ''],
      ['test/infra/cycle.test.ts', 'leaves no secret in a state, a plan, an output, a log'],
    ],
  },
  {
    row: 'S0.11',
    what: 'one role per function, minimum rights',
    state: 'kept',
    tests: [
      ['test/infra/service.test.ts', 'with a role of its own under the boundary'],
      ['test/infra/service.test.ts', 'lets each function read the parameters that it is told of, and no others'],
      ['test/infra/least-privilege.test.ts', 'what a function asks, its role allows'],
      ['test/infra/least-privilege.test.ts', 'exactly the records that the code lists, in DynamoDB'],
      ['test/infra/least-privilege.test.ts', 'an unused right would be found'],
      ['test/infra/least-privilege.test.ts', 'reads no parameter but its own, by any way'],
      ['test/infra/cycle.test.ts', 'lets each function do what it did, by the policies that were applied'],
    ],
  },
  {
    row: 'S0.12',
    what: 'CloudWatch logs, metrics, alarms',
    state: 'kept',
    tests: [
      ['test/infra/service-parts.test.ts', 'is counted by the code under that name and those dimensions'],
      ['test/infra/service-parts.test.ts', 'tells the topic each time, in words that name a section of the runbook'],
      ['test/infra/service-parts.test.ts', 'is shown on one page, with every alarm'],
      ['test/infra/service-parts.test.ts', 'the rule on the authority'],
      ['test/unit/adapters/log/json-log.test.ts', 'counts in CloudWatch’s embedded metric format'],
    ],
  },
  {
    row: 'S0.13',
    what: 'the same code served locally, secrets from environment variables, self-signed certificates',
    state: 'kept',
    tests: [
      ['test/e2e/faults.test.ts', 'keeps everything over a restart'],
      ['test/e2e/command-line.test.ts', 'make demo'],
    ],
  },
  {
    row: 'S0.14',
    what: 'CI/CD',
    state: 'kept',
    tests: [
      ['test/infra/workflows.test.ts', 'deploy what is merged to dev after CI, to gamma after dev'],
      ['test/infra/workflows.test.ts', 'deploy to production only a tag on main, tested, attested and published'],
      ['test/infra/workflows.test.ts', 'plan for no fork'],
      ['test/infra/deploy-role.test.ts', 'lets in the jobs that the roles are for, and no others'],
      ['test/infra/deploy-role.test.ts', 'apply the whole service'],
      ['test/infra/workflows.test.ts', 'would be refused by zizmor'],
      ['test/infra/terraform-lint.test.ts', 'is valid, and its tests pass'],
    ],
  },
  {
    row: 'S0.15',
    what: 'scripts that build and integrate every AWS component',
    state: 'kept',
    tests: [
      ['test/infra/scripts.test.ts', 'goes on where Ctrl-C stopped it'],
      ['test/infra/scripts.test.ts', 'with something missing, a deployment changes nothing'],
      ['test/infra/scripts.test.ts', 'come from a file descriptor, are never said'],
      ['test/infra/scripts.test.ts', 'that answers wrongly goes back to what was live'],
      ['test/infra/scripts.test.ts', 'takes no yes for prod but its name'],
      ['test/infra/cycle.test.ts', 'is deployed by the operator’s commands, and every door answers as it should'],
      ['test/infra/cycle.test.ts', 'goes back to the version before, which answers'],
      ['test/infra/cycle.test.ts', 'leaves nothing but keys that wait for their deletion'],
    ],
  },
  {
    row: 'S0.16',
    what: 'a testing strategy and its tests',
    state: 'kept',
    tests: [
      ['test/unit/workshop/requirements.test.ts', 'every row names a test'],
      ['test/unit/workshop/layers.test.ts', 'refuse an import that points up'],
    ],
  },
  {
    row: 'S0.17',
    what: 'many users: own identity, tokens, conversations',
    state: 'kept',
    tests: [
      ['test/e2e/two-persons.test.ts', 'do not see, steer or end each other’s turns'],
      ['test/e2e/two-persons.test.ts', 'have connections and grants of their own'],
      ['test/handler/agent-conversations.test.ts', 'finds none of it, and no trace that there is any'],
      ['test/handler/agent-identity.test.ts', 'stands for the person whose identity it proves'],
      ['test/handler/oauth-identities.test.ts', 'never takes an identity away from another person'],
    ],
  },
  {
    row: 'S0.18',
    what: 'OpenAI, DeepSeek, Gemini, Claude',
    state: 'partly',
    missing: 'an evaluation on live models',
    tests: [
      ['test/handler/agent-budget.test.ts', 'lets no question in once it is used'],
      ['test/infra/service.test.ts', 'tells whoever works on turns of models, prices and budgets'],
      ['test/contract/models.test.ts', 'calls several tools at once, and goes on with their results'],
      ['test/unit/compose/model.test.ts', 'is the first provider with a key'],
      ['test/unit/adapters/models/fallback.test.ts', 'asks the next while one is busy'],
    ],
  },
  {
    row: 'S0.19',
    what: 'automated certificate rotation',
    state: 'kept',
    tests: [
      ['test/e2e/rotation.test.ts', 'though every run of the rotation dies before and after each of its writes'],
      ['test/unit/certificates/rotation.test.ts', 'goes on for months by itself'],
      ['test/handler/rotate.test.ts', 'renews the certificate with the key in KMS'],
      ['test/bundle/rotate.test.ts', 'does what is due, again and again'],
      ['test/e2e/certificates.test.ts', 'takes over without one refused call'],
      ['test/infra/cycle.test.ts', 'refuses none of 300 calls while certificate and signing key are replaced'],
    ],
  },
  {
    row: 'S0.20',
    what: 'logs and errors: structured, correlated, without personal data',
    state: 'kept',
    tests: [
      ['test/e2e/canaries.test.ts', 'hold no message text, address, event or token'],
      ['test/e2e/canaries.test.ts', 'join one question’s lines across the APIs'],
      ['test/infra/cycle.test.ts', 'leaves no secret in a state, a plan, an output, a log'],
    ],
  },
  {
    row: 'S0.21',
    what: 'model output checked against the MCP schemas',
    state: 'kept',
    tests: [['test/handler/agent-turns.test.ts', 'in the validator’s words and repaired once']],
  },
  {
    row: 'S0.22',
    what: 'more tools, more endpoints, chaining of tools',
    state: 'kept',
    tests: [
      ['test/e2e/turn.test.ts', 'is done as a whole, with a yes for each write'],
      ['test/e2e/turn.test.ts', 'says what was done and what was not'],
      ['test/e2e/personal-tools.test.ts', 'are listed beside the calendar'],
      [
        'test/e2e/gateway.test.ts',
        'is answered with a tool of another server, which the model finds among more than forty',
      ],
      ['test/e2e/gateway.test.ts', 'waits for the person’s yes, is made once, and is there then'],
      ['test/eval/injections.test.ts', 'does nothing'],
      ['test/eval/injections-other-servers.test.ts', 'does nothing'],
    ],
  },
  {
    row: 'S1.1',
    what: 'discover MCP servers in a folder',
    state: 'kept',
    tests: [
      ['test/unit/compose/believed-servers.test.ts', 'are found by the list and by what lies in folders'],
      ['test/unit/compose/believed-servers.test.ts', 'that cannot be read are named, and the others go on'],
      ['test/e2e/example-servers.test.ts', 'offers exactly what was approved of each'],
      ['test/e2e/servers-command.test.ts', 'has each of them named with what mends it'],
    ],
  },
  {
    row: 'S1.2',
    what: 'one Lambda proxy per stdio server',
    state: 'kept',
    tests: [
      ['test/bundle/stdio-server.test.ts', 'answers official clients of both lines alike'],
      ['test/bundle/stdio-server.test.ts', 'ends a server that keeps silent, with all that it started'],
      ['test/infra/gateway.test.ts', 'answers whoever signs'],
      ['test/infra/gateway.test.ts', 'may log and trace, and are refused everything that is ours'],
    ],
  },
  {
    row: 'S1.3',
    what: 'prefixed targets',
    state: 'kept',
    tests: [
      ['test/unit/mcp/upstreams/believe.test.ts', 'are the server’s and the tool’s'],
      ['test/contract/gateway-hostile.test.ts', 'names of odd characters has them told apart'],
      ['test/contract/gateway-servers.test.ts', 'each tool by its server’s name'],
    ],
  },
  {
    row: 'S1.4',
    what: 'one endpoint for all tools',
    state: 'kept',
    tests: [
      ['test/e2e/other-servers.test.ts', 'lists our tools and the other server’s, by its name'],
      ['test/contract/gateway-servers.test.ts', 'answer at the same time'],
    ],
  },
  {
    row: 'S1.5',
    what: 'JWT (Cognito)',
    state: 'kept',
    tests: [
      ['test/infra/user-pool.test.ts', 'signs a person in with PKCE, whose token opens the door'],
      ['test/infra/user-pool.test.ts', 'is not believed by its ID tokens'],
      ['test/infra/user-pool.test.ts', 'is believed about the clients that are named alone'],
      ['test/infra/oauth-door.test.ts', 'believes the pool’s clients by their scopes at this door'],
      ['test/infra/oauth-door.test.ts', 'has no client with a secret'],
      ['test/handler/oauth-door.test.ts', 'is refused like any other'],
    ],
  },
  {
    row: 'S1.6',
    what: 'authorisation per tool',
    state: 'kept',
    tests: [
      ['test/handler/oauth-door.test.ts', 'shows and runs what its scopes allow'],
      ['test/handler/oauth-door.test.ts', 'is told which scopes to ask for again'],
      ['test/handler/key-door.test.ts', 'is told which scope is missing when it calls something else'],
      ['test/e2e/oauth-door.test.ts', 'asks for more when a tool needs it'],
      ['test/e2e/gateway.test.ts', 'shows a token only the servers that its scopes are of'],
    ],
  },
  {
    row: 'S1.7',
    what: 'routing and audit log',
    state: 'kept',
    tests: [
      ['test/e2e/other-servers.test.ts', 'sends each call where it belongs, and writes down whose it was'],
      ['test/contract/gateway-servers.test.ts', 'say nothing in the log of what was asked and answered'],
    ],
  },
  {
    row: 'S1.8',
    what: 'rate limits, scaling',
    state: 'kept',
    tests: [
      ['test/e2e/other-servers.test.ts', 'holds calls of other servers’ tools to the caller’s rate'],
      ['test/unit/mcp/upstreams/limits.test.ts', 'are refused when too many wait'],
      ['test/unit/mcp/upstreams/limits.test.ts', 'is left alone after three times in a row'],
      ['test/contract/gateway-servers.test.ts', 'costs its own caller a deadline and nobody else anything'],
    ],
  },
  {
    row: 'S1.9',
    what: 'two deployments',
    state: 'kept',
    tests: [
      ['test/infra/gateway-commands.test.ts', 'deploy one, then all, and a second time change nothing'],
      ['test/infra/gateway.test.ts', 'may be called by the MCP API’s functions, exactly these'],
      ['test/infra/gateway.test.ts', 'answers nobody who does not sign'],
    ],
  },
  {
    row: 'S1.10',
    what: 'adding a server changes no agent code',
    state: 'kept',
    tests: [
      ['test/e2e/other-servers.test.ts', 'uses a server’s tool that it was never written for'],
      [
        'test/e2e/adding-a-server.test.ts',
        'has a tool beside ours that answers, though no line of the agent was written',
      ],
    ],
  },
  {
    row: 'S1.11',
    what: 'documents with code explained',
    state: 'kept',
    tests: [
      ['test/e2e/adding-a-server.test.ts', 'can do this: $name ($language)'],
      ['test/e2e/adding-a-server.test.ts', 'is taken as it stands: $name'],
    ],
  },
  {
    row: 'S2.1',
    what: 'CLI: interactive prompt, history, streaming display, tool-call display, conversation commands',
    state: 'kept',
    tests: [
      ['test/e2e/command-line.test.ts', 'answers each line of a pipe in one conversation'],
      ['test/e2e/command-line.test.ts', 'asks for the yes at a terminal'],
      ['test/e2e/command-line-chat.test.ts', 'lists, opens, exports and deletes conversations'],
      ['test/e2e/command-line-chat.test.ts', 'stops the turn and not the chat'],
      ['test/e2e/command-line-examples.test.ts', 'sallyport %s'],
      ['test/bundle/cli-package.test.ts', 'runs where nothing else is installed'],
    ],
  },
  {
    row: 'S2.2',
    what: 'SigV4',
    state: 'kept',
    tests: [
      ['test/contract/sigv4.test.ts', 'is AWS’s own'],
      ['test/handler/iam-door.test.ts', 'a role is its person'],
      ['test/infra/cycle.test.ts', 'answers the command at the Function URL, by its signature'],
    ],
  },
  {
    row: 'S2.3',
    what: 'Okta tokens: acquired, refreshed, validated',
    state: 'kept',
    tests: [
      ['test/e2e/login.test.ts', 'takes the person through the browser, and every command is theirs'],
      ['test/e2e/login.test.ts', 'is refreshed before it expires, once'],
      ['test/unit/trust/jwt.test.ts', 'is refused'],
      ['test/contract/issuer-tokens.test.ts', 'is believed after a rotation'],
    ],
  },
  {
    row: 'S2.4',
    what: 'retry and time-outs',
    state: 'kept',
    tests: [
      ['test/unit/cli/client/retry.test.ts', 'is sent again or not when'],
      ['test/unit/cli/client/api.test.ts', 'is not repeated when it may do something twice'],
      ['test/unit/cli/client/api.test.ts', 'waits as long as it was told'],
      ['test/unit/cli/client/transport.test.ts', 'may have arrived where nobody answers in time'],
    ],
  },
  {
    row: 'S2.5',
    what: 'Function URL: AWS_IAM, RESPONSE_STREAM, CORS',
    state: 'kept',
    tests: [
      ['test/bundle/lambda.test.ts', 'stream.handler tells a turn as it happens'],
      ['test/infra/service.test.ts', 'has a Function URL for callers who sign alone'],
      ['test/infra/service.test.ts', 'opens a second URL to callers with a token where it is wanted'],
      ['test/handler/cors.test.ts', 'lets nobody send credentials'],
      ['test/e2e/cors.test.ts', 'whose origin is named asks with its token and reads the events'],
      ['test/handler/agent-stream.test.ts', 'is told from there to its end where events are asked for'],
    ],
  },
  {
    row: 'S2.6',
    what: 'endpoints /stream, /chat, /api/conversations, /api/tools/fetch',
    state: 'kept',
    tests: [
      ['test/handler/agent-stream.test.ts', 'tells a turn from its start to its end'],
      ['test/e2e/console-streaming.test.ts', 'grows word by word'],
      ['test/handler/agent-turns.test.ts', 'asks the model, calls the tools'],
      ['test/handler/agent-conversations.test.ts', 'is read as it was held'],
      ['test/handler/agent-conversations.test.ts', 'are listed as far as the token reaches'],
    ],
  },
  {
    row: 'S2.7',
    what: 'conversations in DynamoDB',
    state: 'kept',
    tests: [
      [
        'test/contract/conversation-store.test.ts',
        'loses nothing of fifty conversations that two writers write to at once',
      ],
      ['test/contract/conversation-store.test.ts', 'is absent thirty days after it was last written to'],
      ['test/contract/dynamodb-conversations.test.ts', 'cuts what is too long for an item into parts'],
      [
        'test/infra/conversations.test.ts',
        'is on demand, encrypted, restorable and forgetful, with a stream of both images',
      ],
      [
        'test/handler/agent-conversations.test.ts',
        'leaves a whole conversation that says so, when its function is killed',
      ],
    ],
  },
  {
    row: 'S2.8',
    what: 'long turns',
    state: 'kept',
    tests: [
      ['test/handler/agent-tasks.test.ts', 'gives it nearly all the time that the turn has left'],
      ['test/handler/agent-tasks.test.ts', 'stays its own for as long as the call takes'],
      ['test/handler/agent-tasks.test.ts', 'is gone on with by another, which looks for that call'],
      [
        'test/unit/adapters/http/mcp-client-tasks.test.ts',
        'is waited for, and answered as if it had been done at once',
      ],
      ['test/unit/mcp/tasks/taken-on.test.ts', 'is one that ran out of time and may be made again'],
    ],
  },
  {
    row: 'S2.9',
    what: 'gateway JWT by OIDC discovery',
    state: 'kept',
    tests: [
      ['test/contract/issuer-tokens.test.ts', 'is believed after a rotation'],
      ['test/contract/issuer-tokens.test.ts', 'for another API is refused'],
      ['test/handler/oauth-door.test.ts', 'is refused when its issuer has withdrawn the key'],
      ['test/handler/oauth-door.test.ts', 'is the person whom the token’s identity is linked to'],
      ['test/infra/oauth-door.test.ts', 'believes named issuers, for this door unless something else is said'],
      ['test/e2e/oauth-door.test.ts', 'finds the issuer, registers there, signs its person in'],
      ['test/e2e/mcp-remote.test.ts', 'signs the person in by what the address tells'],
    ],
  },
  {
    row: 'S2.10',
    what: 'hello_world, get_time and read-only tools for eighteen services',
    state: 'kept',
    tests: [
      ['test/infra/aws-tools.test.ts', 'allow each operation of the tools'],
      ['test/contract/aws-tools.test.ts', 'is asked here, with what it answers held to its schema'],
      ['test/contract/aws-tools.test.ts', 'can do nothing but read'],
    ],
  },
  {
    row: 'S2.11',
    what: 'environments dev, gamma, prod',
    state: 'kept',
    tests: [
      ['test/infra/service.test.ts', 'gives each function a complete configuration'],
      ['test/infra/scripts.test.ts', ''],
    ],
  },
  {
    row: 'S2.12',
    what: 'an IAM trust chain written down and tested',
    state: 'kept',
    tests: [
      ['test/infra/least-privilege.test.ts', 'docs/iam.md says who may take which role'],
      ['test/infra/deploy-role.test.ts', ''],
    ],
  },
  {
    row: 'S3.1',
    what: 'stdio server for IDEs',
    state: 'kept',
    tests: [
      ['test/e2e/ide.test.ts', 'gets the same tools and the same answer'],
      ['test/e2e/ide-door.test.ts', 'write after a yes at the door'],
      ['test/bundle/ide-examples.test.ts', 'starts the command, which lists its tools'],
    ],
  },
  {
    row: 'S3.2',
    what: 'AWS profile and region',
    state: 'kept',
    tests: [['test/e2e/ide.test.ts', 'a profile that is not there: the ones that are']],
  },
  {
    row: 'S3.3',
    what: 'map of own resources',
    state: 'kept',
    tests: [
      ['test/e2e/ide.test.ts', 'understood by service_health'],
      ['test/contract/project-doctor.test.ts', 'names each thing that is not there'],
    ],
  },
  {
    row: 'S3.4',
    what: 'read-only list and describe: ECS, ECR, secrets, logs, metrics, events, RDS, ElastiCache, load balancers, IAM',
    state: 'kept',
    tests: [
      ['test/contract/aws-tools.test.ts', 'is asked here, with what it answers held to its schema'],
      ['test/contract/aws-tools.test.ts', 'no secret, wherever an account keeps them'],
    ],
  },
  {
    row: 'S3.5',
    what: 'answers cached 30–60 s, explicit refresh',
    state: 'kept',
    tests: [['test/contract/aws-tools.test.ts', 'once for 45 seconds and each caller, anew when told to']],
  },
  {
    row: 'S3.6',
    what: 'throttling, backoff',
    state: 'kept',
    tests: [['test/contract/aws-tools.test.ts', 'after as many attempts as make sense']],
  },
  {
    row: 'S3.7',
    what: 'messages that mend',
    state: 'kept',
    tests: [
      ['test/contract/aws-tools.test.ts', 'says so, with the mend'],
      ['test/contract/aws-writes.test.ts', 'that let nobody in are named, with the mend'],
    ],
  },
  {
    row: 'S3.8',
    what: 'writes with approval',
    state: 'kept',
    tests: [
      ['test/contract/aws-writes.test.ts', 'shows the person what is and what will be'],
      ['test/contract/aws-writes.test.ts', 'shows which values it would replace'],
      ['test/infra/aws-tools.test.ts', 'change the services and tags that are named, and no others'],
    ],
  },
  {
    row: 'S3.9',
    what: 'cost and security queries',
    state: 'kept',
    tests: [
      ['test/contract/aws-composed.test.ts', 'finds what lies open, and nothing that does not'],
      ['test/contract/aws-composed.test.ts', 'adds up the last days and as many before'],
    ],
  },
  {
    row: 'S3.10',
    what: 'several regions; CloudFormation, S3, Lambda',
    state: 'kept',
    tests: [['test/contract/aws-tools.test.ts', 'in several regions at once, each named']],
  },
  {
    row: 'S4.1',
    what: 'JSON-RPC 2.0 done exactly, errors, registry',
    state: 'kept',
    tests: [
      ['test/property/mcp/differential.test.ts', ''],
      ['test/conformance/suites.test.ts', ''],
    ],
  },
  {
    row: 'S4.2',
    what: 'JSON Schema validation',
    state: 'kept',
    tests: [
      ['test/unit/mcp/call-tool.test.ts', 'the answer says which and what is expected, and repeats no value'],
      ['test/unit/mcp/every-schema.test.ts', 'needs what it says it needs, and takes nothing that it does not know'],
      ['test/unit/mcp/every-schema.test.ts', 'refuses a value that breaks any one of its constraints'],
      ['test/handler/agent-turns.test.ts', 'in the validator’s words and repaired once'],
      ['test/e2e/every-door.test.ts', 'gets the same list and the same answers through'],
    ],
  },
  {
    row: 'S4.3',
    what: 'send_push_notification (ntfy: title, message, priority)',
    state: 'kept',
    tests: [
      ['test/contract/personal-tools.test.ts', 'publishes title, message and priority'],
      ['test/e2e/personal-tools.test.ts', 'send nothing before the person’s yes'],
    ],
  },
  {
    row: 'S4.4',
    what: 'get_weather (location, units; now and forecast)',
    state: 'kept',
    tests: [
      ['test/contract/personal-tools.test.ts', 'tells the weather now and for three days'],
      ['test/contract/personal-tools.test.ts', 'to tell places apart, units, days'],
    ],
  },
  {
    row: 'S4.5',
    what: 'golf_get_reservations, golf_search_tee_times, golf_book_tee_time',
    state: 'kept',
    tests: [
      ['test/contract/golf-tools.test.ts', 'finds what was booked when the answer was lost after the commit'],
      ['test/contract/tee-times.test.ts', 'gives the last spots to one of many who ask at once'],
      ['test/e2e/golf.test.ts', 'booked with the person’s yes alone, and booked once'],
    ],
  },
  {
    row: 'S4.6',
    what: 'Lambda with API key',
    state: 'kept',
    tests: [
      ['test/handler/key-door.test.ts', 'is refused like any other'],
      ['test/handler/key-door.test.ts', 'ends with the next call when it is revoked'],
      ['test/infra/service.test.ts', 'has a key door only where it is wanted'],
      ['test/bundle/dynamodb.test.ts', ''],
    ],
  },
  {
    row: 'S4.7',
    what: 'stdio bridge',
    state: 'kept',
    tests: [
      ['test/e2e/every-door.test.ts', 'gets the same list and the same answers through'],
      ['test/unit/certificates/bridge-credentials.test.ts', 'name that person alone, are signed by the authority'],
      ['test/e2e/bridge.test.ts', 'does nothing before the person has allowed it'],
      ['test/e2e/bridge.test.ts', 'goes on with a new document while it runs'],
      ['test/e2e/bridge.test.ts', 'the older client lists and calls'],
      ['test/e2e/bridge.test.ts', 'the newer client speaks the newest revision'],
      ['test/e2e/bridge.test.ts', 'is signed in to by one tab for several bridges'],
      ['test/e2e/bridge.test.ts', 'carries messages of the protocol and nothing else'],
      ['test/contract/bridge-doors.test.ts', 'and comes back at the same address is found again'],
      ['test/contract/bridge-doors.test.ts', 'get a token once, for this bridge and the next'],
      ['test/contract/bridge-doors.test.ts', 'signs each request'],
    ],
  },
  {
    row: 'S4.8',
    what: 'asynchronous answers',
    state: 'kept',
    tests: [
      ['test/e2e/long-calls.test.ts', 'would rather not wait, and looks at the address that it is given'],
      ['test/e2e/long-calls.test.ts', 'has tasks of its own, and gets the answer of the call itself'],
      ['test/e2e/long-calls.test.ts', 'an agent of the newest revision is given a task, and signs each look at it'],
      ['test/e2e/long-calls.test.ts', 'does what it had taken on when it is started again'],
      ['test/unit/mcp/tasks/status-route.test.ts', 'gives nothing to anybody else'],
      ['test/unit/mcp/tasks/status-route.test.ts', 'keeps the result for a day from its end'],
      [
        'test/unit/mcp/tasks/task-worker.test.ts',
        'does a call once, however often and however many at once are handed it',
      ],
      ['test/unit/mcp/tasks/task-worker.test.ts', 'nothing is done, and the log says why'],
      ['test/unit/mcp/tasks/task-approvals.test.ts', 'is taken on with the person’s yes alone'],
      ['test/handler/agent-tasks.test.ts', 'tells how far it is'],
    ],
  },
  {
    row: 'S4.9',
    what: 'load tests',
    state: 'kept',
    tests: [
      ['test/e2e/load.test.ts', 'answers each signed call at its agent door, at once or behind the answer'],
      ['test/e2e/load.test.ts', 'keep the limits, or name each that they do not'],
    ],
  },
  {
    row: 'S4.10',
    what: 'guides',
    state: 'kept',
    tests: [
      ['test/e2e/guides.test.ts', 'whoever gets started'],
      ['test/e2e/guides.test.ts', 'a client that is set up by its guide'],
      ['test/e2e/adding-a-tool.test.ts', 'a reader who adds a tool by the guide'],
      ['test/unit/workshop/tools-reference.test.ts', 'says what the tools declare'],
      ['test/unit/workshop/troubleshooting.test.ts', 'has every reason that a refusal is logged with'],
      ['test/unit/workshop/documents.test.ts', 'lists every document'],
    ],
  },
  {
    row: 'S4.11',
    what: 'JWT beside keys, caching, rotation',
    state: 'kept',
    tests: [
      ['test/e2e/oauth-door.test.ts', 'gets the key door’s answer'],
      ['test/handler/key-door.test.ts', 'is served without a pause, whichever secret a caller has by then'],
      ['test/handler/key-door.test.ts', 'is told to wait past it, while another one is served'],
      ['test/handler/oauth-tokens.test.ts', ''],
      ['test/contract/aws-tools.test.ts', 'once for 45 seconds and each caller, anew when told to'],
      ['test/contract/personal-tools.test.ts', 'asks nobody again within ten minutes'],
    ],
  },
  {
    row: 'S4.12',
    what: 'VPC, WAF, dashboards, X-Ray, alarms, incident response',
    state: 'kept',
    tests: [
      ['test/infra/service.test.ts', 'joins a network without giving'],
      ['test/infra/service.test.ts', 'on arm64, traced, published'],
      ['test/infra/service-parts.test.ts', 'limits each address, then applies AWS’s rules'],
      ['test/infra/service-parts.test.ts', 'is shown on one page, with every alarm'],
      ['test/infra/service-parts.test.ts', 'in words that name a section of the runbook'],
      ['test/unit/workshop/documents.test.ts', 'the alarms name sections that the runbooks have'],
    ],
  },
  {
    row: 'S4.13',
    what: 'no personal data in logs, no leaking errors',
    state: 'kept',
    tests: [
      ['test/e2e/canaries.test.ts', 'hold no message text, address, event or token'],
      ['test/contract/models.test.ts', 'and whether another model may do better'],
    ],
  },
];
