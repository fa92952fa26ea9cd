import { writeFileSync } from 'node:fs';
import { openapiDocument } from '../src/agent/openapi.ts';
import { toYaml } from './to-yaml.ts';

// docs/openapi/agent.yaml, written from what the Agent API serves at `/openapi.json`.

export const HEADER = '# Written by scripts/write-agent-openapi.ts from src/agent/openapi.ts. Change it there.\n';

/** The file as it should be. */
export function agentOpenapiYaml(): string {
  return HEADER + toYaml(openapiDocument);
}

if (import.meta.main) writeFileSync('docs/openapi/agent.yaml', agentOpenapiYaml());
