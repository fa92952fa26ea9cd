import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { declaredTools } from '../../../build/tool-hashes.ts';
import { TOOLS_REFERENCE_FILE, toolsReference } from '../../../scripts/tool-reference.ts';

describe('the tools reference', () => {
  it('says what the tools declare (run `make docs` when this fails)', () => {
    expect(readFileSync(TOOLS_REFERENCE_FILE, 'utf8')).toBe(toolsReference());
  });

  it('has every tool, its arguments and its scopes', () => {
    const text = toolsReference();
    for (const { declaration } of declaredTools()) {
      expect(text).toContain(`\`${declaration.name}\``);
      for (const scope of declaration.scopes) expect(text).toContain(`\`${scope}\``);
      for (const name of Object.keys(declaration.inputSchema['properties'] ?? {}))
        expect(text).toContain(`| \`${name}\` |`);
    }
  });

  it('says of each tool that writes that it waits for a yes', () => {
    const sections = new Map(
      toolsReference()
        .split('\n### ')
        .map((text) => [text.split('`')[1], text]),
    );
    const writes = declaredTools().filter(({ declaration }) => !declaration.annotations.readOnlyHint);
    expect(writes.length).toBeGreaterThanOrEqual(7);
    for (const { declaration } of writes)
      expect(sections.get(declaration.name)).toContain('waits for the person’s yes');
  });
});
