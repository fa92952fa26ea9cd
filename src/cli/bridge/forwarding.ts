import type { CompleteRequest } from '@modelcontextprotocol/client';
import {
  ProtocolError,
  type Server,
  type ServerCapabilities,
  type StandardSchemaV1,
} from '@modelcontextprotocol/server';
import { explainFault } from './door-answers.ts';
import type { DoorConnection } from './door-connection.ts';
import { prefixed } from './tool-names.ts';

// Resources, prompts and completions of the servers behind the bridge, for clients that use more of MCP than tools. With several servers prompts are
// prefixed as tools are; a resource is asked for at the server that listed it.

interface Forwarding {
  readonly connections: readonly DoorConnection[];
  readonly anyParams: StandardSchemaV1<Record<string, unknown>>;
}

const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;

type Listed<Item> = { readonly connection: DoorConnection; readonly item: Item };

/** From all servers that have such things; one that does not answer hides none of the others, unless nobody answers. */
async function gather<Item>(
  connections: readonly DoorConnection[],
  list: (connection: DoorConnection) => Promise<readonly Item[]>,
): Promise<readonly Listed<Item>[]> {
  const faults: string[] = [];
  const all = await Promise.all(
    connections.map(async (connection) => {
      try {
        return (await list(connection)).map((item) => ({ connection, item }));
      } catch (error) {
        faults.push(explainFault(error, connection.name).message);
        return [];
      }
    }),
  );
  const found = all.flat();
  if (found.length === 0 && faults.length > 0) throw new ProtocolError(INTERNAL_ERROR, faults.join(' '));
  return found;
}

/** JSON-RPC's own errors pass as they are; any other in words. */
async function passed<Value>(connection: DoorConnection, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    const { name, code, data } = error as { readonly name?: unknown; readonly code?: unknown; readonly data?: unknown };
    if (error instanceof Error && name === 'ProtocolError' && typeof code === 'number') {
      throw new ProtocolError(code, error.message, data);
    }
    throw new ProtocolError(INTERNAL_ERROR, explainFault(error, connection.name).message);
  }
}

const has = (connection: DoorConnection, member: keyof ServerCapabilities): Promise<boolean> =>
  connection.ask(async (client) => client.getServerCapabilities()?.[member] !== undefined);

export function addForwarding(server: Server, capabilities: ServerCapabilities, deps: Forwarding): void {
  const { connections } = deps;
  const params = { params: deps.anyParams };
  const several = connections.length > 1;
  const homes = new Map<string, DoorConnection>();
  const named = (connection: DoorConnection, name: string): string =>
    several ? prefixed(connection.name, name) : name;

  const resources = () =>
    gather(connections, async (connection) => {
      if (!(await has(connection, 'resources'))) return [];
      return (await connection.ask((client) => client.listResources(undefined, { cacheMode: 'bypass' }))).resources;
    });
  const prompts = () =>
    gather(connections, async (connection) => {
      if (!(await has(connection, 'prompts'))) return [];
      return (await connection.ask((client) => client.listPrompts(undefined, { cacheMode: 'bypass' }))).prompts;
    });

  async function homeOf(uri: string): Promise<DoorConnection> {
    if (!several || !homes.has(uri))
      for (const { connection, item } of await resources()) homes.set(item.uri, connection);
    const home = homes.get(uri) ?? (several ? undefined : connections[0]);
    if (home === undefined) throw new ProtocolError(INVALID_PARAMS, 'Unknown resource');
    return home;
  }

  async function promptOf(name: string): Promise<Listed<{ readonly name: string }>> {
    const found = (await prompts()).find(({ connection, item }) => named(connection, item.name) === name);
    if (found === undefined) throw new ProtocolError(INVALID_PARAMS, 'Unknown prompt');
    return found;
  }

  if (capabilities.resources !== undefined) {
    server.setRequestHandler('resources/list', params, async () => {
      const found = await resources();
      for (const { connection, item } of found) homes.set(item.uri, connection);
      return { resources: found.map(({ item }) => item) };
    });
    server.setRequestHandler('resources/templates/list', params, async () => {
      const found = await gather(connections, async (connection) => {
        if (!(await has(connection, 'resources'))) return [];
        const listed = await connection.ask((client) =>
          client.listResourceTemplates(undefined, { cacheMode: 'bypass' }),
        );
        return listed.resourceTemplates;
      });
      return { resourceTemplates: found.map(({ item }) => item) };
    });
    server.setRequestHandler('resources/read', params, async ({ uri }, { mcpReq: { signal } }) => {
      const home = await homeOf(String(uri));
      const asked = { uri: String(uri) };
      return passed(home, () => home.ask((client) => client.readResource(asked, { signal, cacheMode: 'bypass' })));
    });
  }
  if (capabilities.prompts !== undefined) {
    server.setRequestHandler('prompts/list', params, async () => ({
      prompts: (await prompts()).map(({ connection, item }) => ({ ...item, name: named(connection, item.name) })),
    }));
    server.setRequestHandler('prompts/get', params, async ({ name, arguments: args }, { mcpReq: { signal } }) => {
      const { connection, item } = await promptOf(String(name));
      const asked = { name: item.name, ...(args !== undefined && { arguments: args as Record<string, string> }) };
      return passed(connection, () => connection.ask((client) => client.getPrompt(asked, { signal })));
    });
  }
  if (capabilities.completions !== undefined) {
    server.setRequestHandler('completion/complete', params, async (given, { mcpReq: { signal } }) => {
      const asked = given as CompleteRequest['params'];
      const { ref } = asked;
      if (ref.type !== 'ref/prompt') {
        const home = await homeOf(ref.uri);
        return passed(home, () => home.ask((client) => client.complete(asked, { signal })));
      }
      const { connection, item } = await promptOf(ref.name);
      const own = { ...asked, ref: { ...ref, name: item.name } };
      return passed(connection, () => connection.ask((client) => client.complete(own, { signal })));
    });
  }
}
