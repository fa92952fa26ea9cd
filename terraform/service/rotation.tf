# Certificates and keys that look after themselves: the rotate function on its schedule.

module "rotation" {
  source = "../modules/rotation"

  boundary_arn       = local.boundary_arn
  data_key_arn       = local.keys["data"]
  function_alias_arn = module.function["rotate"].alias_arn
  name               = "${local.prefix}-rotation"
}
