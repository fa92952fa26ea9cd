# One MCP server that speaks over standard streams, as a function of its own behind a Function URL: only callers whom IAM lets may call, and the
# server, which others wrote, reaches nothing of ours. The zip holds the server, its packages and the wrapper that starts it.

module "function" {
  source = "../function"

  boundary_arn         = var.boundary_arn
  bundle               = var.bundle
  data_key_arn         = var.data_key_arn
  description          = "An MCP server behind the gateway: ${var.server}."
  handler              = var.handler
  live_version         = var.live_version
  log_retention_days   = var.log_retention_days
  memory_mb            = var.memory_mb
  name                 = "${var.prefix}-server-${var.server}"
  policy_json          = data.aws_iam_policy_document.refused.json
  reserved_concurrency = var.reserved_concurrency
  runtime              = var.runtime
  timeout_seconds      = var.timeout_seconds

  environment = merge({ SALLYPORT_SERVER = var.server }, var.environment)
}

module "function_url" {
  source = "../function-url"

  authorization = "AWS_IAM"
  invoke_mode   = "BUFFERED"

  function = {
    alias_name = module.function.alias_name
    arn        = trimsuffix(module.function.alias_arn, ":${module.function.alias_name}")
    name       = module.function.name
  }
}

# It has no rights but to log and to trace. This says so for good: whatever is attached to its role later, no vault, no records, no secrets and no
# other function are within its reach.
data "aws_iam_policy_document" "refused" {
  statement {
    sid    = "NothingOfOurs"
    effect = "Deny"
    # Whole services: a server has no business in any of them.
    actions = ["dynamodb:*", "iam:*", "kms:*", "lambda:*", "s3:*", "secretsmanager:*", "sns:*", "sqs:*", "ssm:*", "sts:*"]
    # A refusal should hold for all.
    resources = ["*"]
  }
}
