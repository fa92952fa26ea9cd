# What is watched, and who is told.

module "observability" {
  source = "../modules/observability"

  apis              = { for name, api in module.api : name => api.id }
  authority_key_arn = local.keys["authority"]
  create_trail      = var.create_trail
  data_key_arn      = local.keys["data"]
  disposable        = var.environment == "dev"
  edge              = var.edge != null
  emails            = toset(var.alarm_emails)
  environment       = var.environment
  function_urls     = keys(local.streams)
  prefix            = local.prefix
  tables            = concat(flatten([for store in module.store : values(store.table_names)]), module.conversations[*].table_name)

  functions = {
    for name, function in module.function : name => {
      log_group = function.log_group_name
      name      = function.name
      p95_ms    = local.p95_ms[name]
      service   = lookup(local.acts_as, name, split("-", name)[0])
    }
  }

  queues = {
    calls-failed       = module.calls.dead_letter_queue_name
    jobs-failed        = module.jobs.dead_letter_queue_name
    rotate-failed      = module.function["rotate"].dead_letter_queue.name
    rotate-undelivered = module.rotation.queue_name
  }
}

locals {
  # A turn answers 202 after 25 s at the latest, and is told for five minutes at most; a tool call is Google's time and ours, one that goes on
  # behind its answer may take a quarter of an hour; the rotation has nobody waiting.
  p95_ms = {
    agent         = 26000
    calls         = 600000
    mcp           = 3000
    mcp-key       = 3000
    mcp-oauth     = 3000
    oauth         = 3000
    rotate        = 60000
    stream        = 240000
    stream-bearer = 240000
    worker        = 240000
  }
}
