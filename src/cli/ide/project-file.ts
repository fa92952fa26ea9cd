import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../../kernel/app-error.ts';
import { type Project, parseProject } from '../../mcp/project/project-map.ts';

// Where a project's own `sallyport.json` is, and what it says now.

export const PROJECT_FILE = 'sallyport.json';
/** Far more than 200 services need. */
const MAX_BYTES = 256 * 1024;

/** In `folder` or above it, up to the root of its repository; a file above that is of another project. */
export function findProjectFile(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, PROJECT_FILE);
    if (existsSync(path)) return path;
    if (existsSync(join(at, '.git')) || dirname(at) === at) return undefined;
  }
}

/** Throws AppError `invalid_request` with every problem at once. */
export function readProjectFile(path: string): Project {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('invalid_request', `${path} cannot be read.`, { cause });
  }
  if (text.length > MAX_BYTES) throw new AppError('invalid_request', `${path} is longer than ${MAX_BYTES} bytes.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('invalid_request', `${path} is no JSON.`, { cause });
  }
  const parsed = parseProject(value);
  if ('project' in parsed) return parsed.project;
  throw new AppError('invalid_request', `${path} is not right:\n- ${parsed.problems.join('\n- ')}`);
}
