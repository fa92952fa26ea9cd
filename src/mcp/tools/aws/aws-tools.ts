import type { Tool } from '../tool.ts';
import { createGetTime, createHelloWorld } from './basics.ts';
import { createCostSummary } from './composed/cost-summary.ts';
import type { KnownService } from './composed/known-service.ts';
import { createSecurityOverview } from './composed/security-overview.ts';
import { createServiceHealth } from './composed/service-health.ts';
import { createReadTool, type ReadToolDeps } from './read-tool.ts';
import { awsServices } from './services.ts';

// The AWS toolset: reads of one account or several, for operations and IDEs.

export interface AwsToolDeps extends Omit<ReadToolDeps, 'ttlSeconds'> {
  /** Services by the names that people use for them, of a project's own list. Read at each call; none when left out. */
  readonly knownServices?: () => ReadonlyMap<string, KnownService>;
}

/** Short enough that nobody acts on what is long past, long enough for the questions that follow one another. */
const TTL_SECONDS = 45;
/** Each call of Cost Explorer costs a cent, and its figures change a few times a day. */
const COST_TTL_SECONDS = 3600;

export function createAwsTools(deps: AwsToolDeps): readonly Tool[] {
  const reads = awsServices.map((data) =>
    createReadTool(data, { ...deps, ttlSeconds: data.service === 'cost_explorer' ? COST_TTL_SECONDS : TTL_SECONDS }),
  );
  const composed = [
    createCostSummary({ ...deps, ttlSeconds: COST_TTL_SECONDS }),
    createSecurityOverview({ ...deps, ttlSeconds: TTL_SECONDS }),
    createServiceHealth({ ...deps, ttlSeconds: TTL_SECONDS }),
  ];
  return [createHelloWorld(), createGetTime(deps), ...reads, ...composed];
}
