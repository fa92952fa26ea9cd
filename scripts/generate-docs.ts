import { writeFileSync } from 'node:fs';
import { HASHES_FILE, renderHashes } from '../build/tool-hashes.ts';
import { dynamoDbAccessJson } from '../src/config/dynamodb-access.ts';
import { configurationReference } from '../src/config/reference.ts';
import { agentOpenapiYaml } from './agent-openapi.ts';
import { costsDocument } from './costs.ts';
import { PROJECT_SCHEMA_FILE, projectSchemaJson } from './project-schema.ts';
import { TOOLS_REFERENCE_FILE, toolsReference } from './tool-reference.ts';

// `make docs`: the documents that are generated from code, what Terraform reads of it, and the hashes of the tools.

writeFileSync(HASHES_FILE, renderHashes());
console.log(HASHES_FILE);
writeFileSync('docs/configuration.md', configurationReference());
console.log('docs/configuration.md');
writeFileSync('docs/openapi/agent.yaml', agentOpenapiYaml());
console.log('docs/openapi/agent.yaml');
writeFileSync('docs/costs.md', costsDocument());
console.log('docs/costs.md');
writeFileSync('terraform/modules/store/access.json', dynamoDbAccessJson());
console.log('terraform/modules/store/access.json');
writeFileSync(PROJECT_SCHEMA_FILE, projectSchemaJson());
console.log(PROJECT_SCHEMA_FILE);
writeFileSync(TOOLS_REFERENCE_FILE, toolsReference());
console.log(TOOLS_REFERENCE_FILE);
