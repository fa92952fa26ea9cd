import type { Tool } from '../../tool.ts';
import { createEcsUpdateService } from './ecs-update-service.ts';
import { createTagResources } from './tag-resources.ts';
import type { WriteToolDeps } from './write-tool-deps.ts';

// The toolset `aws-writes`: off unless configuration names it, with a role of its own, and never without the person's yes.

export function createAwsWriteTools(deps: WriteToolDeps): readonly Tool[] {
  return [createEcsUpdateService(deps), createTagResources(deps)];
}
