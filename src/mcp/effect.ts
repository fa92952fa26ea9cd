import type { ToolDeclaration } from './tools/tool.ts';

// What kind of thing a tool does, in words for the person who is asked for a yes. From what the tool declares, which an operator has seen,
// and never from what a model says of it.

export function effectInWords(annotations: ToolDeclaration['annotations']): string {
  const { readOnlyHint, destructiveHint, openWorldHint } = annotations;
  if (readOnlyHint) {
    return openWorldHint
      ? 'Sends these words to a service outside, and changes nothing there.'
      : 'Only reads, and changes nothing.';
  }
  const what = destructiveHint
    ? 'Changes or removes what is there'
    : 'Adds something, and leaves what is there as it is';
  return openWorldHint ? `${what}. Others may see it.` : `${what}.`;
}
