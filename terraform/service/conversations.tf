# Conversations in a table of their own, whatever the other records lie in; or with these, in the store.

module "conversations" {
  source = "../modules/conversations"
  count  = var.conversations == "dynamodb" ? 1 : 0

  data_key_arn        = local.keys["data"]
  deletion_protection = var.environment != "dev"
  name                = "${local.prefix}-conversations"
}

locals {
  # The Agent API, whichever way it is reached, and its worker.
  works_on_turns = [for name in keys(local.functions) : name if contains(["agent", "worker"], lookup(local.acts_as, name, name))]

  conversation_policies = {
    for name in local.works_on_turns : name => module.conversations[0].policy if var.conversations == "dynamodb"
  }

  conversation_environment = var.conversations == "dynamodb" ? {
    SALLYPORT_CONVERSATIONS = "dynamodb"
    SALLYPORT_TABLE_PREFIX  = "${local.prefix}-"
  } : {}
}
