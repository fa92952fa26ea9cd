# Other MCP servers, each as a function of its own. A root apart from the service's: servers come and go without a plan of the service, and a
# deployment of the service from a checkout that has no servers takes none away. What belongs to the foundation is found by name.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_kms_alias" "data" {
  name = "alias/${local.prefix}-data"
}

module "server" {
  source   = "../modules/mcp-server"
  for_each = var.servers

  boundary_arn         = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:policy/${local.prefix}-boundary"
  bundle               = each.value.bundle
  data_key_arn         = data.aws_kms_alias.data.target_key_arn
  environment          = each.value.environment
  log_retention_days   = var.log_retention_days
  memory_mb            = each.value.memory_mb
  prefix               = local.prefix
  reserved_concurrency = each.value.reserved_concurrency
  runtime              = each.value.runtime
  server               = each.key
  timeout_seconds      = each.value.timeout_seconds
}

locals {
  prefix = "sallyport-${var.environment}"

  callable_arns = flatten([for name in sort(keys(var.servers)) : module.server[name].callable_arns])
}

# Who calls them: the functions of the MCP API, exactly these servers, and by their URLs alone. A server's address is asked of AWS, which gives it
# its name when there is a function.
data "aws_iam_policy_document" "callers" {
  count = length(var.servers) > 0 ? 1 : 0

  statement {
    sid       = "CallServersByUrl"
    actions   = ["lambda:InvokeFunctionUrl"]
    resources = local.callable_arns

    condition {
      test     = "StringEquals"
      variable = "lambda:FunctionUrlAuthType"
      values   = ["AWS_IAM"]
    }
  }

  statement {
    sid       = "CallServersByUrlAlone"
    actions   = ["lambda:InvokeFunction"]
    resources = local.callable_arns

    condition {
      test     = "Bool"
      variable = "lambda:InvokedViaFunctionUrl"
      values   = ["true"]
    }
  }

  statement {
    sid       = "FindServers"
    actions   = ["lambda:GetFunctionUrlConfig"]
    resources = local.callable_arns
  }
}

# Beside what the service root gives these roles, which does not look at it.
resource "aws_iam_role_policy" "callers" {
  for_each = length(var.servers) > 0 ? toset(var.callers) : toset([])

  name   = "servers"
  policy = data.aws_iam_policy_document.callers[0].json
  role   = "${local.prefix}-${each.key}"
}
