# The ways in: a domain and an API for each function that answers requests. The MCP agent door asks for a client certificate.

module "mtls_domain" {
  source = "../modules/mtls-domain"

  certificate_arn           = var.certificate_arn
  domain_name               = local.hosts["mcp"]
  ownership_certificate_arn = var.ownership_certificate_arn
  zone_id                   = var.zone_id

  truststore = {
    bucket  = local.truststore_bucket
    key     = local.truststore_key
    version = data.aws_s3_object.truststore.version_id
  }
}

module "domain" {
  source   = "../modules/domain"
  for_each = { for name, host in local.hosts : name => host if name != "mcp" }

  alias_target    = lookup(local.edge_targets, each.key, null)
  certificate_arn = var.certificate_arn
  domain_name     = each.value
  zone_id         = var.zone_id
}

module "api" {
  source   = "../modules/http-api"
  for_each = local.apis

  data_key_arn       = local.keys["data"]
  description        = each.value.description
  domain_name        = each.key == "mcp" ? module.mtls_domain.domain_name : module.domain[each.key].domain_name
  log_retention_days = var.log_retention_days
  name               = "${local.prefix}-${each.key}"
  routes             = each.value.routes
  throttle           = { rate = var.throttle.rate, burst = var.throttle.burst }

  function = {
    name             = module.function[each.key].name
    alias_name       = module.function[each.key].alias_name
    alias_invoke_arn = module.function[each.key].alias_invoke_arn
  }
}

locals {
  # Routes on which strangers can make us write a record or ask somebody else's server.
  tight = { rate = var.throttle.tight_rate, burst = var.throttle.tight_burst }

  mcp_routes = [for key in ["ANY /mcp", "ANY /mcp/status/{id}", "GET /health"] : { key = key, throttle = null }]

  # What each function serves; a test holds this list to the code. `ANY` leaves it to the function to say which methods there are.
  apis = {
    for name, api in {
      agent = {
        description = "Where persons ask."
        routes = [
          for path in concat(var.console ? ["/console", "/console/{file}"] : [], [
            "/api/conversations", "/api/conversations/{id}", "/api/conversations/{id}/export", "/api/tools/fetch", "/chat", "/contacts",
            "/health", "/openapi.json", "/stream", "/turns/{id}", "/turns/{id}/continue", "/whoami",
            "/.well-known/oauth-protected-resource",
          ]) : { key = "ANY ${path}", throttle = null }
        ]
      }
      mcp = {
        description = "The tools, for agents: client certificate and signature."
        routes      = local.mcp_routes
      }
      mcp-key = {
        description = "The tools, for scripts with a token of ours."
        routes      = local.mcp_routes
      }
      mcp-oauth = {
        description = "The tools, for clients that sign their person in."
        routes = concat(local.mcp_routes, [
          # Where a client finds out who makes tokens (RFC 9728), for the root and for the path.
          for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] : { key = "ANY ${path}", throttle = null }
        ])
      }
      oauth = {
        description = "Where persons connect, grant, approve and take back."
        routes = concat(
          [
            for path in [
              "/", "/approvals", "/approvals/{id}", "/connections", "/connections/google/disconnect", "/grants",
              "/grants/{kind}/{name}", "/grants/{kind}/{name}/revoke", "/health", "/identities",
              "/identities/unlink", "/sign-in", "/sign-out", "/style.css", "/tickets/{id}",
            ] : { key = "ANY ${path}", throttle = null }
          ],
          [
            for key in [
              "ANY /connect/google", "ANY /connections/google", "ANY /identities/link", "GET /identities/linked",
              "POST /identities/prove", "POST /identities/tickets", "GET /oauth/google/callback", "GET /sign-in/callback",
              "GET /sign-in/proof", "GET /sign-in/provider", "POST /sign-in", "POST /sign-in/link", "POST /sign-in/tickets",
              "POST /tickets/{id}/prove", "POST /tokens/{id}/rotate",
            ] : { key = key, throttle = local.tight }
          ],
          # Nothing is written for whoever does not sign as Slack does.
          [
            for key in ["POST /slack/commands", "POST /slack/events", "POST /slack/interactions"] : { key = key, throttle = null } if var.slack
          ],
        )
      }
    } : name => api if contains(keys(local.hosts), name)
  }
}
