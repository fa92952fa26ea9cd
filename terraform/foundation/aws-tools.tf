# What the AWS tools act with, where they are wanted. The roles are made here and not by the deployment: their policies are longer than a boundary
# can be, so no boundary could hold them, and whoever deploys may neither change them nor become them.

locals {
  # The functions that run tools, by the names that the service root gives them.
  tool_roles = [for name in ["calls", "mcp", "mcp-key", "mcp-oauth"] : "${local.iam_arn}:role/${local.prefix}-${name}"]

  # Into which roles such a function may go: those made here, and those that the operator names in other accounts.
  aws_tool_roles = var.aws == null ? [] : concat(
    ["${local.iam_arn}:role/${local.prefix}-aws-reads"],
    var.aws.writes == null ? [] : ["${local.iam_arn}:role/${local.prefix}-aws-writes"],
    values(var.aws.accounts),
  )
}

module "aws_tools" {
  source = "../modules/aws-tools"
  count  = var.aws == null ? 0 : 1

  prefix           = local.prefix
  readable_secrets = var.aws.readable_secrets
  regions          = var.aws.regions
  trusted_roles    = local.tool_roles
  writes           = var.aws.writes
}
