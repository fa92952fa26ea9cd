# What the doors of the MCP API leave to a worker of theirs: that a call was taken on which goes on behind its answer, up to a quarter of an hour.

module "calls" {
  source = "../modules/jobs"

  data_key_arn             = local.keys["data"]
  function_alias_arn       = module.function["calls"].alias_arn
  function_timeout_seconds = local.call_timeout_seconds
  maximum_concurrency      = var.calls_at_once
  name                     = "${local.prefix}-calls"
  # Who finds a call with somebody at it looks again every minute, and a call has fifteen: that is no failure.
  tries = 25
  what  = "Calls"
}

locals {
  # The longest that Lambda lets a function run.
  call_timeout_seconds = 900

  call_policies = merge(
    { for name in local.tool_doors : name => module.calls.send_policy },
    { calls = module.calls.work_policy },
  )
}
