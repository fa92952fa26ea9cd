# The records, where they lie in DynamoDB. With Redis nothing of the store is here.

module "store" {
  source = "../modules/store"
  count  = var.store == "dynamodb" ? 1 : 0

  data_key_arn        = local.keys["data"]
  deletion_protection = var.environment != "dev"
  prefix              = local.prefix
}

locals {
  # What each function may do to the store's tables, as policies by function; empty where the store is Redis.
  store_policies = var.store == "dynamodb" ? module.store[0].policies : {}
}
