import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CLIENTS_FOLDER, readOperations, renderAll } from '../../../build/aws-clients.ts';
import { awsServices } from '../../../src/mcp/tools/aws/services.ts';

describe('the clients of the AWS tools', () => {
  it('are made from the lists as they are now: else run node build/aws-clients.ts', () => {
    const made = renderAll();
    expect(readdirSync(CLIENTS_FOLDER).sort()).toEqual([...made.keys()].map((file) => file.split('/').at(-1)).sort());
    for (const [file, text] of made) expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('have a tool each', () => {
    expect(awsServices).toEqual(readOperations());
  });
});
