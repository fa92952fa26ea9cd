# What has to be there before anything can be deployed, applied by an operator and seldom: the state's bucket, the keys, the places of the
# secrets, the truststore's bucket, and the roles that GitHub deploys with. No role made here may change what is here.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  prefix    = "sallyport-${var.environment}"
  # `name` became `region` with version 6 of the provider; the identifier has both.
  region = data.aws_region.current.id

  # Where ARNs of this account and region begin, by service.
  arn = {
    for service in ["acm", "cloudformation", "cloudtrail", "cloudwatch", "dynamodb", "events", "kms", "lambda", "logs", "scheduler", "sns", "sqs", "ssm"] :
    service => "arn:${local.partition}:${service}:${local.region}:${local.account}"
  }
  iam_arn       = "arn:${local.partition}:iam::${local.account}"
  parameter_arn = "${local.arn.ssm}:parameter/sallyport/${var.environment}"
}

# State holds no secret, and must be readable when a key is gone: encrypted by S3 itself.
module "state" {
  source = "../modules/bucket"

  bucket        = "${local.prefix}-state-${local.account}"
  disposable    = var.disposable
  kept_versions = 50
}

module "truststore" {
  source = "../modules/truststore"

  bucket     = "${local.prefix}-truststore-${local.account}"
  disposable = var.disposable
}

module "secrets" {
  source = "../modules/secrets"

  key_arn = aws_kms_key.this["secrets"].arn
  path    = "/sallyport/${var.environment}"

  parameters = {
    "agent-credentials"     = "The agent's certificate, private key, key id and HMAC secret, one JSON text. Agent and worker functions read; rotation writes."
    "anthropic-api-key"     = "Key of Anthropic's API. Agent and worker functions read; an operator writes."
    "deepseek-api-key"      = "Key of DeepSeek's API. Agent and worker functions read; an operator writes."
    "gemini-api-key"        = "Key of the Gemini API. Agent and worker functions read; an operator writes."
    "google-client-secret"  = "Google's OAuth client secret. MCP and OAuth functions read; an operator writes."
    "hmac-master"           = "Master of all HMAC secrets, 32 bytes in base64url. MCP function and rotation read; an operator writes."
    "ntfy-token"            = "Access token of an ntfy server that wants one. MCP functions read; an operator writes."
    "ntfy-topic"            = "Where push messages go. MCP functions read; an operator writes."
    "openai-api-key"        = "Key of OpenAI's or a compatible API. Agent and worker functions read; an operator writes."
    "origin-secret"         = "Proves that a request came through CloudFront. Agent and OAuth functions read; an operator writes."
    "redis-url/agent"       = "Redis with the agent's own user (rediss://). Agent function reads; an operator writes."
    "redis-url/calls"       = "Redis with the user of the doors' worker. Its function reads; an operator writes."
    "redis-url/mcp"         = "Redis with the agent door's own user. MCP function reads; an operator writes."
    "redis-url/mcp-key"     = "Redis with the key door's own user. Key door's function reads; an operator writes."
    "redis-url/mcp-oauth"   = "Redis with the OAuth door's own user. OAuth door's function reads; an operator writes."
    "redis-url/oauth"       = "Redis with the OAuth API's own user. OAuth function reads; an operator writes."
    "redis-url/operator"    = "Redis with the operator's own user. No function reads it; an operator reads and writes."
    "redis-url/rotate"      = "Redis with the rotation's own user. Rotation reads; an operator writes."
    "redis-url/worker"      = "Redis with the worker's own user. Worker reads; an operator writes."
    "server-secrets"        = "What proves this system to other MCP servers, one JSON object. MCP functions read; an operator writes."
    "sign-in-client-secret" = "Client secret at the sign-in issuer. OAuth function reads; an operator writes."
    "slack-bot-token"       = "Bot token of the Slack app's installation. Worker reads; an operator writes."
    "slack-signing-secret"  = "What Slack signs its requests with. OAuth function reads; an operator writes."
    "tee-times-key"         = "Key of the tee-time service behind the golf tools. MCP functions read; an operator writes."
  }
}
