# Answers that are told while they come: the Agent API behind Function URLs, since an HTTP API passes on whole answers only and waits 30 s.
# One URL for callers whom AWS knows by SigV4, and, where it is switched on, one for callers with a token, which the function checks itself.

module "function_url" {
  source   = "../modules/function-url"
  for_each = local.streams

  authorization = each.value
  cors_origins  = var.cors_origins

  function = {
    alias_name = module.function[each.key].alias_name
    arn        = trimsuffix(module.function[each.key].alias_arn, ":${module.function[each.key].alias_name}")
    name       = module.function[each.key].name
  }
}

locals {
  # Function to how its URL's callers are known.
  streams = var.stream == null ? {} : merge(
    { stream = "AWS_IAM" },
    var.stream.bearer ? { stream-bearer = "NONE" } : {},
  )

  # The Agent API's records are the same wherever it is reached.
  acts_as = { stream = "agent", stream-bearer = "agent" }
}
