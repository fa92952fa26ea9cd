# The tables, where records are in DynamoDB. Redis is made elsewhere: its URLs are parameters, a user of its own for each function.

module "store" {
  source = "../modules/store"
  count  = var.store == "dynamodb" ? 1 : 0

  data_key_arn        = local.keys["data"]
  deletion_protection = var.deletion_protection
  prefix              = local.prefix
}

locals {
  # What each function may do to the tables, as policies by function.
  store_policies = try(module.store[0].policies, {})
}
