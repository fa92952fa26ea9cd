# The door for MCP clients that sign their person in (claude.ai, ChatGPT, editors): access tokens of issuers that are named, or of a Cognito user
# pool that is made here. Neither is there unless it is wanted.

module "user_pool" {
  source = "../modules/user-pool"
  count  = local.cognito == null ? 0 : 1

  clients             = local.cognito.clients
  deletion_protection = var.environment != "dev"
  mfa                 = local.cognito.mfa
  name                = local.prefix
  resource            = local.oauth_door_url
  scopes              = local.door_scopes
  # Names there are Amazon's, shared by everybody in the region: the end makes this one ours, and tells nothing.
  sign_in_prefix = coalesce(local.cognito.sign_in_prefix, "${local.prefix}-${substr(sha256("${local.account} ${var.domain}"), 0, 10)}")
}

locals {
  oauth_door_url = "https://tools.${var.domain}/mcp"
  cognito        = try(var.oauth_door.cognito, null)

  # Scopes by toolset; a test holds them to the tools.
  toolset_scopes = {
    aws        = ["aws.read"]
    aws-writes = ["aws.write"]
    calendar   = ["calendar.read", "calendar.write"]
    golf       = ["golf.read", "golf.write"]
    notify     = ["notify.write"]
    weather    = ["weather.read"]
  }
  door_scopes = distinct(concat(flatten([for name in var.toolsets : local.toolset_scopes[name]]), try(local.cognito.scopes, [])))

  # What AWS names when it makes the pool.
  user_pool = local.cognito == null ? null : {
    client_ids = values(module.user_pool[0].client_ids)
    issuer     = module.user_pool[0].issuer
  }

  # The door believes these and nobody else: the Agent API's issuers are another list, and a token for it opens no tool.
  door_issuers = concat(
    [
      for issuer in try(var.oauth_door.issuers, []) : merge(
        { for name, value in issuer : name => value if value != null },
        # Tokens that have an audience are for this door, unless something else is said.
        issuer.audience == null && issuer.token_use == null ? { audience = [local.oauth_door_url] } : {},
      )
    ],
    # Not every token of Cognito has an audience: who asked for it, and scopes that are the door's alone, say whom it is for.
    local.cognito == null ? [] : [
      {
        alias      = local.cognito.alias
        client_ids = sort(concat(local.user_pool.client_ids, local.cognito.confidential_clients))
        issuer     = local.user_pool.issuer
        scopes     = module.user_pool[0].scopes
        token_use  = "access"
      }
    ],
  )
}
