output "apis" {
  description = "API to its id, which its events carry."
  value       = { for name, api in module.api : name => api.id }
}

output "callers_policy" {
  description = "An IAM policy (JSON) for roles and users of this account that shall reach the Agent API by SigV4; null without `stream`. Attach it to them: nobody has it from here."
  value       = try(module.function_url["stream"].callers_policy, null)
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard."
  value       = module.observability.dashboard_name
}

output "edge_key_value_store_arn" {
  description = "Where an operator puts the origin secret for the edge; null where there is no edge."
  value       = one(module.edge[*].key_value_store_arn)
}

output "functions" {
  description = "Function to its name, its alias's ARN, the version that serves, the one last published, and its log group."
  value = {
    for name, function in module.function : name => {
      name              = function.name
      alias_arn         = function.alias_arn
      live_version      = function.live_version
      published_version = function.published_version
      log_group         = function.log_group_name
    }
  }
}

output "log_groups" {
  description = "All log groups: the functions' own and the APIs' access logs."
  value       = concat([for function in module.function : function.log_group_name], [for api in module.api : api.access_log_group_name])
}

output "oauth_door" {
  description = "What a client is told: the door's address; with Cognito the issuer, where people sign in, each client's id, and the pool, for whoever adds people. Null without `oauth_door`."
  value = var.oauth_door == null ? null : {
    url     = local.oauth_door_url
    issuers = local.door_issuers[*].issuer
    scopes  = local.door_scopes
    cognito = local.cognito == null ? null : {
      client_ids   = module.user_pool[0].client_ids
      issuer       = module.user_pool[0].issuer
      sign_in_url  = module.user_pool[0].sign_in_url
      user_pool_id = module.user_pool[0].id
    }
  }
}

output "stream_urls" {
  description = "Function URLs of the Agent API, without a trailing slash: `stream` for callers who sign by SigV4, `stream-bearer` for callers with a token."
  value       = { for name, url in module.function_url : name => url.url }
}

output "trust_domain" {
  description = "SPIFFE trust domain of the agents' certificates."
  value       = local.trust_domain
}

output "truststore_version" {
  description = "The version of the truststore that the agent door trusts."
  value       = data.aws_s3_object.truststore.version_id
}

output "urls" {
  description = "Base URL of each API, without a trailing slash."
  value       = local.urls
}
