# What the OAuth API leaves to the agent's worker: that a person has answered, and a turn can go on.

module "jobs" {
  source = "../modules/jobs"

  data_key_arn             = local.keys["data"]
  function_alias_arn       = module.function["worker"].alias_arn
  function_timeout_seconds = local.turn_timeout_seconds
  name                     = "${local.prefix}-jobs"
}

locals {
  job_policies = { oauth = module.jobs.send_policy, worker = module.jobs.work_policy }
}
