import type { ServerLook } from '../../compose/server-looks.ts';
import type { OfferedTool } from '../../mcp/upstreams/offer.ts';
import { faultsOf, newTools, stateOf, wayOf } from './server-state.ts';

// The same for programs: members in snake_case, as in all our JSON.

export function serverJson(look: ServerLook): object {
  const { server, present, offer } = look;
  const { name, launch, tenant } = server.config;
  return {
    name,
    state: stateOf(look),
    kind: launch.kind,
    way: wayOf(server.config),
    tenant,
    server: present === undefined ? null : { name: present.name, version: present.version },
    revision: present?.revision ?? null,
    tools: offer.filter(({ state }) => state === 'approved').map(({ exposed }) => exposed),
    new_tools: newTools(look).map(({ exposed }) => exposed),
    faults: faultsOf(look),
  };
}

export function toolJson({
  name,
  exposed,
  state,
  members,
  problem,
  approved,
  present,
  declaration,
}: OfferedTool): object {
  return {
    name,
    listed_as: exposed,
    state,
    ...(members.length > 0 && { members }),
    ...(problem !== undefined && { problem }),
    scopes: declaration?.scopes ?? [],
    annotations: declaration?.annotations ?? null,
    approved: approved ?? null,
    present: present ?? null,
  };
}
