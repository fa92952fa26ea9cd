# The parts of the service root that stand on their own, wired as it wires them, with the foundation's and the functions' things made up.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"
}

variable "data_key_arn" {
  type    = string
  default = "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
}

variable "authority_key_arn" {
  type    = string
  default = "arn:aws:kms:eu-central-1:123456789012:key/22222222-2222-2222-2222-222222222222"
}

variable "edge_apis" {
  type = map(object({ domain_name = string, origin_domain_name = string }))
  default = {
    agent = { domain_name = "agent.dev.example.com", origin_domain_name = "d-1111111111.execute-api.eu-central-1.amazonaws.com" }
    oauth = { domain_name = "oauth.dev.example.com", origin_domain_name = "d-2222222222.execute-api.eu-central-1.amazonaws.com" }
  }
}

locals {
  prefix    = "sallyport-dev"
  functions = { agent = "agent", calls = "calls", mcp = "mcp", mcp-key = "mcp", oauth = "oauth", rotate = "rotate" }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${local.prefix}-${each.key}"
  retention_in_days = 30
}

resource "aws_route53_zone" "this" {
  name = "example.com"
}

module "store" {
  source = "../modules/store"

  data_key_arn        = var.data_key_arn
  deletion_protection = false
  prefix              = local.prefix
}

module "rotation" {
  source = "../modules/rotation"

  boundary_arn       = "arn:aws:iam::123456789012:policy/sallyport-dev-boundary"
  data_key_arn       = var.data_key_arn
  function_alias_arn = "arn:aws:lambda:eu-central-1:123456789012:function:sallyport-dev-rotate:live"
  name               = "${local.prefix}-rotation"
}

module "edge" {
  source = "../modules/edge"

  apis    = var.edge_apis
  prefix  = local.prefix
  zone_id = aws_route53_zone.this.zone_id

  providers = {
    aws = aws.us_east_1
  }
}

module "observability" {
  source = "../modules/observability"

  apis              = { agent = "aaaaaaaaaa", mcp = "bbbbbbbbbb", oauth = "cccccccccc" }
  authority_key_arn = var.authority_key_arn
  data_key_arn      = var.data_key_arn
  disposable        = true
  edge              = true
  emails            = ["operator@example.com"]
  environment       = "dev"
  function_urls     = ["agent"]
  prefix            = local.prefix
  queues = {
    calls-failed       = "sallyport-dev-calls-dead"
    jobs-failed        = "sallyport-dev-jobs-dead"
    rotate-failed      = "sallyport-dev-rotate-dead"
    rotate-undelivered = module.rotation.queue_name
  }
  tables = values(module.store.table_names)

  functions = {
    for name, service in local.functions : name => {
      log_group = aws_cloudwatch_log_group.function[name].name
      name      = "${local.prefix}-${name}"
      p95_ms    = 3000
      service   = service
    }
  }
}

output "policies" {
  value = module.store.policies
}
