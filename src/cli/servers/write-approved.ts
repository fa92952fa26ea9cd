import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../kernel/app-error.ts';
import { APPROVED_FILE, type Approved, parseApproved, renderApproved } from '../../mcp/upstreams/approved.ts';
import type { UpstreamTool } from '../../ports/upstream.ts';

// Writes `approved.json`: one server's entry anew, the others as they are. The file is replaced whole, so that whoever reads it meanwhile reads one or
// the other; and it is for version control, where each approval is a change that others can look at.

const readNow = (path: string): Approved => (existsSync(path) ? parseApproved(readFileSync(path, 'utf8')) : new Map());

/** Answers where the file lies. */
export function writeApproved(directory: string, server: string, tools: readonly UpstreamTool[]): string {
  const path = join(directory, APPROVED_FILE);
  const text = renderApproved(new Map([...readNow(path), [server, tools]]));
  // What cannot be read again would take every server away.
  parseApproved(text);
  const aside = `${path}.${randomUUID()}`;
  try {
    writeFileSync(aside, text, { mode: 0o644 });
    renameSync(aside, path);
  } catch (error) {
    throw new AppError('misconfigured', `${path} cannot be written.`, { cause: error });
  }
  return path;
}
