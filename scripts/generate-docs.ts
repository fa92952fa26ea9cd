import { writeFileSync } from 'node:fs';
import { configurationReference } from '../src/config/reference.ts';

// `make docs`: the documents that are generated from code.

writeFileSync('docs/configuration.md', configurationReference());
console.log('docs/configuration.md');
