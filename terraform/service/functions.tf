# One function for each door and entry, of the same zip: they differ by entry point, role and configuration.
# No environment holds a secret: a setting `X_PARAMETER` names the parameter that does (policies.tf lets that function read it).

module "function" {
  source   = "../modules/function"
  for_each = local.functions

  asynchronous         = each.value.asynchronous
  boundary_arn         = local.boundary_arn
  bundle               = var.bundle
  data_key_arn         = local.keys["data"]
  description          = each.value.description
  handler              = each.value.handler
  live_version         = lookup(var.live_version, each.key, null)
  log_retention_days   = var.log_retention_days
  memory_mb            = var.memory[each.key]
  name                 = "${local.prefix}-${each.key}"
  policy_json          = data.aws_iam_policy_document.work[each.key].json
  reserved_concurrency = var.reserved_concurrency[each.key]
  timeout_seconds      = each.value.timeout_seconds
  vpc                  = var.vpc

  # Lambda's limit for them all is 4 kB.
  environment = merge(
    local.common_environment,
    { for name, value in each.value.environment : name => value if value != null && value != "" },
    contains(local.works_on_turns, each.key) ? local.conversation_environment : {},
    # Only events of its own API are believed.
    contains(keys(local.api_ids), each.key) ? { SALLYPORT_API_ID = local.api_ids[each.key], SALLYPORT_STAGE = "$default" } : {},
    { for name, parameter in local.secrets[each.key] : "${name}_PARAMETER" => "/sallyport/${var.environment}/${parameter}" },
  )
}

locals {
  # As the functions read it: what was left out is left out there, too.
  issuers = length(var.issuers) == 0 ? null : jsonencode([
    for issuer in var.issuers : merge(
      { for name, value in issuer : name => value if value != null && name != "login" },
      issuer.login == null ? {} : { login = { for name, value in issuer.login : name => value if value != null } },
    )
  ])
}

locals {
  common_environment = merge(
    {
      SALLYPORT_ENVIRONMENT = var.environment
      SALLYPORT_LOG_LEVEL   = var.log_level
      SALLYPORT_STORE       = var.store
    },
    var.store == "dynamodb" ? { SALLYPORT_TABLE_PREFIX = "${local.prefix}-" } : {},
    var.redis_ca == null ? {} : { REDIS_CA = var.redis_ca },
  )

  # By literal keys: `module.api[each.key]` would wait for all of every API, and the APIs' integrations wait for the functions.
  api_ids = {
    mcp       = module.api["mcp"].id
    mcp-key   = try(module.api["mcp-key"].id, null)
    mcp-oauth = try(module.api["mcp-oauth"].id, null)
  }

  google_environment = {
    GOOGLE_AUTH_URL         = var.google_endpoints.auth_url
    GOOGLE_CLIENT_ID        = var.google_client_id
    GOOGLE_ISSUER           = var.google_endpoints.issuer
    GOOGLE_JWKS_URL         = var.google_endpoints.jwks_url
    GOOGLE_REVOKE_URL       = var.google_endpoints.revoke_url
    GOOGLE_TOKEN_URL        = var.google_endpoints.token_url
    SALLYPORT_ALLOWED_HOSTS = join(",", var.allowed_hosts)
  }

  # Other servers' tools are listed, believed and put into words from one folder, which the zip holds.
  servers_environment = var.servers == null ? {} : { SALLYPORT_SERVERS_DIR = "servers" }

  mcp_environment = merge(local.google_environment, local.aws_tools_environment, local.servers_environment, {
    GOOGLE_CALENDAR_URL        = var.google_endpoints.calendar_url
    NTFY_URL                   = contains(var.toolsets, "notify") ? var.ntfy.url : null
    OPEN_METEO_GEOCODING_URL   = contains(var.toolsets, "weather") ? var.open_meteo.geocoding_url : null
    OPEN_METEO_URL             = contains(var.toolsets, "weather") ? var.open_meteo.url : null
    SALLYPORT_ALLOWED_ORIGINS  = join(",", var.allowed_origins)
    SALLYPORT_CALLS_QUEUE_URL  = module.calls.queue_url
    SALLYPORT_CONFIRM          = var.confirm
    SALLYPORT_OAUTH_URL        = local.urls["oauth"]
    SALLYPORT_RATE_PER_MINUTE  = tostring(var.rate_per_minute)
    SALLYPORT_TEE_SHEET        = contains(var.toolsets, "golf") && var.tee_times.url == null ? jsonencode(local.tee_sheet) : null
    SALLYPORT_TEE_TIMES_URL    = contains(var.toolsets, "golf") ? var.tee_times.url : null
    SALLYPORT_TOOLSETS         = join(",", var.toolsets)
    SALLYPORT_TRUST_DOMAIN     = local.trust_domain
    SALLYPORT_VAULT_KMS_KEY_ID = local.keys["vault"]
  })

  # What was left out takes the code's own defaults.
  tee_sheet = [for course in var.tee_times.courses : { for name, value in course : name => value if value != null }]

  trust_domain = coalesce(var.trust_domain, var.domain)

  # The Agent API's, whichever way it is reached.
  agent_environment = merge(local.model_environment, local.servers_environment, {
    SALLYPORT_AGENT_URL     = local.urls["agent"]
    SALLYPORT_ALLOWED_HOSTS = join(",", var.allowed_hosts)
    SALLYPORT_ISSUERS       = local.issuers
    SALLYPORT_MCP_URL       = "${local.urls["mcp"]}/mcp"
  })

  # Where a browser can be at the door: with a token, not with AWS's signature. The page links to where its person decides.
  console_environment = var.console ? { SALLYPORT_CONSOLE = "on", SALLYPORT_OAUTH_URL = local.urls["oauth"] } : {}

  # A turn takes five minutes at most; the rest is for saying how it ended.
  turn_timeout_seconds = 315

  functions = {
    for name, function in {
      agent = {
        description     = "Plans and asks: the Agent API."
        handler         = "agent.handler"
        asynchronous    = false
        timeout_seconds = 30
        environment = merge(local.agent_environment, local.console_environment, {
          SALLYPORT_CORS_ORIGINS = join(",", var.cors_origins)
        })
      }
      calls = {
        description     = "Does the calls that the doors have taken on: the MCP API away from its doors."
        handler         = "calls.handler"
        asynchronous    = false
        timeout_seconds = local.call_timeout_seconds
        environment = merge(local.mcp_environment, {
          SALLYPORT_DOOR    = "none"
          SALLYPORT_MCP_URL = "${local.urls["mcp"]}/mcp"
        })
      }
      mcp = {
        description     = "Checks and acts: the MCP API, agent door."
        handler         = "mcp.handler"
        asynchronous    = false
        timeout_seconds = 30
        environment = merge(local.mcp_environment, {
          SALLYPORT_DOOR    = "agent"
          SALLYPORT_MCP_URL = "${local.urls["mcp"]}/mcp"
        })
      }
      mcp-key = {
        description     = "Checks and acts: the MCP API, key door."
        handler         = "mcp.handler"
        asynchronous    = false
        timeout_seconds = 30
        environment = merge(local.mcp_environment, {
          SALLYPORT_CORS_ORIGINS = join(",", var.cors_origins)
          SALLYPORT_DOOR         = "key"
          SALLYPORT_MCP_URL      = "https://key.${var.domain}/mcp"
        })
      }
      mcp-oauth = {
        description     = "Checks and acts: the MCP API, OAuth door."
        handler         = "mcp.handler"
        asynchronous    = false
        timeout_seconds = 30
        environment = merge(local.mcp_environment, {
          SALLYPORT_CORS_ORIGINS = join(",", var.cors_origins)
          SALLYPORT_DOOR         = "oauth"
          SALLYPORT_ISSUERS      = length(local.door_issuers) == 0 ? null : jsonencode(local.door_issuers)
          SALLYPORT_MCP_URL      = local.oauth_door_url
        })
      }
      oauth = {
        description     = "Holds consent: the OAuth API."
        handler         = "oauth.handler"
        asynchronous    = false
        timeout_seconds = 30
        environment = merge(local.google_environment, local.servers_environment, {
          SALLYPORT_AGENTS            = join(",", var.agents)
          SALLYPORT_ISSUERS           = local.issuers
          SALLYPORT_JOBS_QUEUE_URL    = module.jobs.queue_url
          SALLYPORT_OAUTH_URL         = local.urls["oauth"]
          SALLYPORT_SIGN_IN_ALIAS     = var.sign_in_issuer == null ? null : var.sign_in_alias
          SALLYPORT_SIGN_IN_CLIENT_ID = var.sign_in_client_id
          SALLYPORT_SIGN_IN_ISSUER    = var.sign_in_issuer
          SALLYPORT_TOOLSETS          = join(",", var.toolsets)
          SALLYPORT_VAULT_KMS_KEY_ID  = local.keys["vault"]
        })
      }
      rotate = {
        description     = "Renews the agents' credentials and keys."
        handler         = "rotate.handler"
        asynchronous    = true
        timeout_seconds = 120
        environment = {
          SALLYPORT_AGENT = var.agents[0]
          # Told by the domain's own version, so that it comes after: no certificate may be issued that the domain does not trust yet.
          SALLYPORT_AUTHORITY_CERTIFICATE = module.mtls_domain.truststore_version == null ? null : data.aws_s3_object.truststore.body
          SALLYPORT_AUTHORITY_KMS_KEY_ID  = local.keys["authority"]
          SALLYPORT_CREDENTIALS_PARAMETER = "/sallyport/${var.environment}/${local.credentials}"
          SALLYPORT_SECRETS_KMS_KEY_ID    = local.keys["secrets"]
          SALLYPORT_TRUST_DOMAIN          = local.trust_domain
        }
      }
      # CORS is the URLs' own.
      stream = {
        description     = "Plans and asks, and tells what happens as it happens: the Agent API for callers who sign."
        handler         = "stream.handler"
        asynchronous    = false
        timeout_seconds = local.turn_timeout_seconds
        environment     = merge(local.agent_environment, { SALLYPORT_IAM_DOOR = "function:${local.prefix}-stream:live" })
      }
      stream-bearer = {
        description     = "Plans and asks, and tells what happens as it happens: the Agent API for callers with a token."
        handler         = "stream.handler"
        asynchronous    = false
        timeout_seconds = local.turn_timeout_seconds
        environment     = merge(local.agent_environment, local.console_environment)
      }
      worker = {
        description     = "Goes on with turns when their persons have answered: the agent away from its API."
        handler         = "worker.handler"
        asynchronous    = false
        timeout_seconds = local.turn_timeout_seconds
        environment     = merge(local.agent_environment, { SALLYPORT_JOBS_QUEUE_URL = module.jobs.queue_url })
      }
    } : name => function if contains(["calls", "rotate", "worker"], name) || contains(keys(local.hosts), name) || contains(keys(local.streams), name)
  }

  # What the tools themselves need, at whichever door they are called.
  tool_secrets = {
    NTFY_TOKEN = contains(var.toolsets, "notify") && var.ntfy.token ? "ntfy-token" : null
    NTFY_TOPIC = contains(var.toolsets, "notify") ? "ntfy-topic" : null

    SALLYPORT_SERVER_SECRETS = try(var.servers.secrets, false) ? "server-secrets" : null

    SALLYPORT_TEE_TIMES_KEY = contains(var.toolsets, "golf") && var.tee_times.key ? "tee-times-key" : null
  }

  agent_secrets = merge(local.model_keys, { SALLYPORT_CREDENTIALS = local.credentials })

  # Setting to parameter, below /sallyport/<environment>/. One that is not in use is not named, and then may not be read either.
  secrets = {
    for name, secrets in {
      agent = merge(local.agent_secrets, {
        SALLYPORT_ORIGIN_SECRET = var.edge == null ? null : "origin-secret"
      })
      # No signature is checked there, so it holds nothing that one is made with.
      calls = merge(local.tool_secrets, {
        GOOGLE_CLIENT_SECRET = "google-client-secret"
      })
      mcp = merge(local.tool_secrets, {
        GOOGLE_CLIENT_SECRET  = "google-client-secret"
        SALLYPORT_HMAC_MASTER = "hmac-master"
      })
      mcp-key = merge(local.tool_secrets, {
        GOOGLE_CLIENT_SECRET = "google-client-secret"
      })
      mcp-oauth = merge(local.tool_secrets, {
        GOOGLE_CLIENT_SECRET = "google-client-secret"
      })
      oauth = {
        GOOGLE_CLIENT_SECRET            = "google-client-secret"
        SALLYPORT_ORIGIN_SECRET         = var.edge == null ? null : "origin-secret"
        SALLYPORT_SIGN_IN_CLIENT_SECRET = var.sign_in_issuer == null ? null : "sign-in-client-secret"
        SLACK_SIGNING_SECRET            = var.slack ? "slack-signing-secret" : null
      }
      # The document that it renews is no secret of its own: it has rights on it beside these (policies.tf).
      rotate = {
        SALLYPORT_HMAC_MASTER = "hmac-master"
      }
      # No edge stands before a Function URL.
      stream        = local.agent_secrets
      stream-bearer = local.agent_secrets
      worker        = merge(local.agent_secrets, { SLACK_BOT_TOKEN = var.slack ? "slack-bot-token" : null })
      } : name => merge(
      { for setting, parameter in secrets : setting => parameter if parameter != null },
      var.store == "redis" ? { REDIS_URL = "redis-url/${lookup(local.acts_as, name, name)}" } : {},
    )
  }

  credentials = "agent-credentials"
}
