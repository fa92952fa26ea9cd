import { openapiDocument } from '../src/agent/openapi.ts';
import { toYaml } from './to-yaml.ts';

// docs/openapi/agent.yaml, from what the Agent API serves at `/openapi.json`.

/** The file as it should be. */
export function agentOpenapiYaml(): string {
  return `# Written by \`make docs\` from src/agent/openapi.ts. Change it there.\n${toYaml(openapiDocument)}`;
}
