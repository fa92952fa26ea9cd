import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { requirements } from './requirements.ts';

it.each(requirements.map((row) => [row.requirement, row] as const))(
  '%s',
  (_requirement, { page, section, file, test }) => {
    expect(page).toMatch(/^https:\/\/modelcontextprotocol\.io\/specification\/\d{4}-\d{2}-\d{2}\/\S+$/);
    expect(section).not.toBe('');
    expect(readFileSync(file, 'utf8')).toContain(test);
  },
);
