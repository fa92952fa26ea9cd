import { AppError } from '../../kernel/app-error.ts';
import type { CheckSchema } from '../../kernel/check-schema.ts';
import type { JsonObject, Tool, ToolResult } from '../tools/tool.ts';
import { translateAnswer } from './answer.ts';
import type { BelievedTool } from './believe.ts';
import type { Upstream } from './upstream.ts';

// A tool of another server as a tool of ours: its arguments are checked here first, its call goes there, and what comes back is checked against the
// schema that was approved before anybody sees it.

type Side = 'input' | 'output';

export function createUpstreamTool(believed: BelievedTool, upstream: Upstream): Tool {
  const { declaration, server, tool } = believed;
  const checks: Partial<Record<Side, Promise<CheckSchema>>> = {};

  async function compile(schema: JsonObject): Promise<CheckSchema> {
    const { createSchemaCheck } = await import('../../kernel/check-schema.ts');
    return createSchemaCheck(schema);
  }

  async function check(side: Side, schema: JsonObject, value: unknown): Promise<readonly string[] | undefined> {
    checks[side] ??= compile(schema);
    return (await checks[side])(value);
  }

  async function fitting(result: ToolResult): Promise<ToolResult> {
    const { outputSchema } = declaration;
    if (result.isError === true || outputSchema === undefined) return result;
    const problems = await check('output', outputSchema, result.structuredContent);
    if (problems === undefined) return result;
    // Its own error: the answer may hold anything, and a model was told what to expect.
    throw new AppError('upstream_failed', `The server ${server} answered something other than it declares.`);
  }

  return {
    declaration,
    origin: { server, tool, checkArguments: (args) => check('input', declaration.inputSchema, args) },
    run: async (args, context) => fitting(translateAnswer(await upstream.call(believed, args, context))),
  };
}
