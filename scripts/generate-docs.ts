import { writeFileSync } from 'node:fs';
import { configurationReference } from '../src/config/reference.ts';
import { agentOpenapiYaml } from './agent-openapi.ts';

// `make docs`: the documents that are generated from code.

writeFileSync('docs/configuration.md', configurationReference());
console.log('docs/configuration.md');
writeFileSync('docs/openapi/agent.yaml', agentOpenapiYaml());
console.log('docs/openapi/agent.yaml');
