import { answerParent } from '../bench/child.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';

// The machine under load, in a process of its own: all doors, the queue and its worker, an embedded store, and a person whose calendar is connected.

export interface LoadTarget {
  readonly mcpUrl: string;
  readonly person: string;
  /** PEM */
  readonly serverCa: string;
  /** The agent's credentials document. */
  readonly credentials: string;
}

let world: TestMachine | undefined;

async function open(): Promise<void> {
  world = await startTestMachine();
  await world.connect();
}

function target(): LoadTarget {
  if (world === undefined) throw new Error('not open');
  const { machine, home } = world;
  const { access } = machine;
  const read = (name: string): string => home.read(name) ?? '';
  const credentials = {
    v: 1,
    certificate: read('agent.crt'),
    private_key: read('agent.key'),
    key_id: access.mcp.key_id,
    secret: access.mcp.secret,
  };
  return {
    mcpUrl: access.mcp.url,
    person: access.person,
    serverCa: read('server-ca.crt'),
    credentials: JSON.stringify(credentials),
  };
}

answerParent({ open, target, close: () => world?.close() });
