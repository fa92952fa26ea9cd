# CloudFront and a firewall before the two APIs that people's browsers and tokens reach, where `edge` is set. The functions then refuse
# whatever came around it (SALLYPORT_ORIGIN_SECRET). The MCP API's names are not among those that could be given.

provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"

  allowed_account_ids = var.account_id == null ? null : [var.account_id]

  default_tags {
    tags = {
      application = "sallyport"
      environment = var.environment
      root        = "service"
    }
  }
}

module "edge" {
  source = "../modules/edge"
  count  = var.edge == null ? 0 : 1

  # By literal keys: `module.domain[name]` would wait for all of it, and its record waits for what is made here.
  apis = {
    agent = { domain_name = local.hosts["agent"], origin_domain_name = module.domain["agent"].target_domain_name }
    oauth = { domain_name = local.hosts["oauth"], origin_domain_name = module.domain["oauth"].target_domain_name }
  }
  certificate_arn        = var.edge.certificate_arn
  log_retention_days     = min(var.log_retention_days, 731)
  prefix                 = local.prefix
  requests_per_5_minutes = var.edge.rate_limit
  zone_id                = var.zone_id

  providers = {
    aws = aws.us_east_1
  }
}

locals {
  edge_targets = var.edge == null ? {} : module.edge[0].alias_targets
}
