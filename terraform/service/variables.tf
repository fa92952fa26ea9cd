variable "account_id" {
  description = "The AWS account this environment lives in. Given, Terraform refuses credentials of any other; left out, it takes the one of the credentials."
  type        = string
  default     = null

  validation {
    condition     = var.account_id == null || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is the account's twelve digits."
  }
}

variable "agents" {
  description = "Agents that a person may let act. The first is offered unless another is asked for, and is the one that this deployment runs: its credentials are renewed."
  type        = list(string)
  default     = ["agent/assistant"]
  nullable    = false

  validation {
    condition     = length(var.agents) > 0 && alltrue([for agent in var.agents : can(regex("^agent/[a-z0-9-]{1,63}$", agent))])
    error_message = "agents must name at least one agent, each as agent/<name>."
  }
}

variable "alarm_emails" {
  description = "Addresses that alarms are sent to; each has to confirm by a link that AWS sends."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "alarm_emails must be addresses."
  }
}

variable "allowed_hosts" {
  description = "Hosts (`name` or `name:port`) that the functions may reach though their address is private or without TLS."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for host in var.allowed_hosts : can(regex("^[A-Za-z0-9.-]+(:[0-9]{1,5})?$", host))])
    error_message = "allowed_hosts must be names, with a port or without."
  }
}

variable "allowed_origins" {
  description = "Origins of web pages (`https://…`) that may call the MCP endpoint from a browser."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.allowed_origins : can(regex("^https://[a-z0-9.-]+(:[0-9]{1,5})?$", origin))])
    error_message = "allowed_origins must be https origins, without a path."
  }
}

variable "anthropic_base_url" {
  description = "An API that speaks Anthropic's Messages; null is Anthropic's own."
  type        = string
  default     = null

  validation {
    condition     = var.anthropic_base_url == null || can(regex("^https?://[^\\s?#]+$", var.anthropic_base_url))
    error_message = "anthropic_base_url must be a URL."
  }

  # It carries the key and what people say.
  validation {
    condition     = var.anthropic_base_url == null || var.environment != "prod" || startswith(coalesce(var.anthropic_base_url, "-"), "https://")
    error_message = "anthropic_base_url must begin with https:// in prod."
  }
}

variable "aws_accounts" {
  description = "Other accounts that the toolset `aws` may read: name to the role there, each of which the foundation names in `aws.accounts`, too."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = length(var.aws_accounts) <= 20 && alltrue([
      for name, arn in var.aws_accounts :
      can(regex("^[a-z][a-z0-9-]{0,31}$", name)) && can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@/_-]{1,200}$", arn))
    ])
    error_message = "aws_accounts is a map of at most 20 short names to ARNs of roles, without patterns."
  }
}

variable "aws_readable_secrets" {
  description = "Names of the secrets whose values the tool `read_secret_value` may show, each time with the person's yes. The foundation's `aws.readable_secrets` must let the role read them, too."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.aws_readable_secrets : can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", name))])
    error_message = "aws_readable_secrets must be names of secrets."
  }
}

variable "aws_regions" {
  description = "Regions that the toolset `aws` may read. Every one that its role lets it when empty."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for region in var.aws_regions : can(regex("^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$", region))])
    error_message = "aws_regions must be names such as eu-central-1."
  }
}

variable "bundle" {
  description = "Path of the zip that `make bundle` writes."
  type        = string
  default     = "../../dist/lambda.zip"
  nullable    = false

  validation {
    condition     = endswith(var.bundle, ".zip")
    error_message = "bundle must be the path of a zip."
  }
}

variable "calls_at_once" {
  description = "How many calls that go on behind their answer are worked on at the same time. The APIs share the account's concurrency with them."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.calls_at_once >= 2 && var.calls_at_once <= 1000
    error_message = "calls_at_once must be from 2 to 1000."
  }
}

variable "certificate_arn" {
  description = "ARN of an ACM certificate in this region that covers all the names (`*.<domain>`). Null: one is made for each name."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/[a-z0-9-]+$", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of an ACM certificate."
  }
}

variable "confirm" {
  description = "Which tool calls wait for the person's yes: `writes`, `always`, or, never in prod, `never`."
  type        = string
  default     = "writes"
  nullable    = false

  validation {
    condition     = contains(["always", "never", "writes"], var.confirm)
    error_message = "confirm must be writes, always or never."
  }

  validation {
    condition     = !(var.environment == "prod" && var.confirm == "never")
    error_message = "confirm may not be never in prod, where every write needs a person's yes."
  }
}

variable "console" {
  description = "Whether the Agent API serves the web console at `/console`: to everyone, as it holds nothing; what it asks needs a token."
  type        = bool
  default     = false
  nullable    = false
}

variable "conversations" {
  description = "Where conversations are kept: `dynamodb` (a table of their own) or `store` (with all other records)."
  type        = string
  default     = "dynamodb"
  nullable    = false

  validation {
    condition     = contains(["dynamodb", "store"], var.conversations)
    error_message = "conversations must be dynamodb or store."
  }
}

variable "cors_origins" {
  description = "Origins of web pages (`https://…`) that may call the Agent API, the key door and the OAuth door from a browser and read the answers."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https://[a-z0-9.-]+(:[0-9]{1,5})?$", origin))])
    error_message = "cors_origins must be https origins, without a path; * is none."
  }
}

variable "create_trail" {
  description = "Whether a trail of CloudTrail is made. False where the account has one for this region: without any, no use of the certificate authority's key is told."
  type        = bool
  default     = true
  nullable    = false
}

variable "day_cost" {
  description = "What one person's questions may cost in a day (UTC), in the currency of `model_prices`. Null: no limit."
  type        = number
  default     = null

  validation {
    condition     = var.day_cost == null || try(var.day_cost > 0 && var.day_cost <= 1000000, false)
    error_message = "day_cost must be above zero."
  }

  validation {
    condition     = var.day_cost == null || length(var.model_prices) > 0
    error_message = "day_cost needs model_prices: nothing else says what a token costs."
  }
}

variable "day_tokens" {
  description = "How many tokens one person's questions may use in a day (UTC). Null: no limit."
  type        = number
  default     = null

  validation {
    condition     = var.day_tokens == null || try(var.day_tokens >= 1000 && var.day_tokens <= 1000000000 && floor(var.day_tokens) == var.day_tokens, false)
    error_message = "day_tokens must be a whole number from 1,000 to 1,000,000,000."
  }
}

variable "deepseek_base_url" {
  description = "DeepSeek's API, or one that stands in for it; null is DeepSeek's own."
  type        = string
  default     = null

  validation {
    condition     = var.deepseek_base_url == null || can(regex("^https?://[^\\s?#]+$", var.deepseek_base_url))
    error_message = "deepseek_base_url must be a URL."
  }

  # It carries the key and what people say.
  validation {
    condition     = var.deepseek_base_url == null || var.environment != "prod" || startswith(coalesce(var.deepseek_base_url, "-"), "https://")
    error_message = "deepseek_base_url must begin with https:// in prod."
  }
}

variable "domain" {
  description = "Domain of this environment. The APIs are `agent.`, `mcp.`, `oauth.`, `key.` and `tools.` below it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain)) && length(var.domain) <= 200
    error_message = "domain must be a DNS name in lower case, such as dev.sallyport.example.com."
  }
}

variable "edge" {
  description = "CloudFront and a web application firewall before the Agent and the OAuth API. Null: none. `rate_limit`: requests in five minutes from one address. `certificate_arn`: one in us-east-1 for both names, needed only where `certificate_arn` is given too."
  type = object({
    certificate_arn = optional(string)
    rate_limit      = optional(number, 2000)
  })
  default = null

  validation {
    condition     = var.edge == null || try(var.edge.rate_limit >= 10 && var.edge.rate_limit <= 1000000, false)
    error_message = "edge.rate_limit must be from 10 to 1000000."
  }

  validation {
    condition     = var.edge == null || var.certificate_arn == null || try(var.edge.certificate_arn, null) != null
    error_message = "edge.certificate_arn must be given with certificate_arn: the records that would prove a new one are made with the APIs' own certificates."
  }
}

variable "environment" {
  description = "Which environment this is. Every name starts with `sallyport-<environment>`."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "gamma", "prod"], var.environment)
    error_message = "environment is dev, gamma or prod."
  }
}

variable "gemini_base_url" {
  description = "Gemini's endpoint that is compatible with OpenAI's; null is Google's own."
  type        = string
  default     = null

  validation {
    condition     = var.gemini_base_url == null || can(regex("^https?://[^\\s?#]+$", var.gemini_base_url))
    error_message = "gemini_base_url must be a URL."
  }

  # It carries the key and what people say.
  validation {
    condition     = var.gemini_base_url == null || var.environment != "prod" || startswith(coalesce(var.gemini_base_url, "-"), "https://")
    error_message = "gemini_base_url must begin with https:// in prod."
  }
}

variable "google_client_id" {
  description = "The OAuth client's id, from Google Cloud's console. It is no secret."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{8,200}$", var.google_client_id))
    error_message = "google_client_id must be the client's id, such as 1234-abcd.apps.googleusercontent.com."
  }
}

variable "google_endpoints" {
  description = "Where Google is reached, where that is not Google itself (a stand-in for tests). Each is left out as a rule."
  type = object({
    auth_url     = optional(string)
    calendar_url = optional(string)
    issuer       = optional(string)
    jwks_url     = optional(string)
    revoke_url   = optional(string)
    token_url    = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for url in values(var.google_endpoints) : url == null || can(regex("^https?://[^\\s?#]+$", url))])
    error_message = "google_endpoints must be URLs."
  }

  validation {
    condition     = var.environment != "prod" || alltrue([for url in values(var.google_endpoints) : url == null])
    error_message = "google_endpoints may not be set in prod: people's consent is Google's there."
  }
}

variable "issuers" {
  description = "Issuers whose access tokens are believed (docs/identities.md). `scopes` says which scopes of ours each of theirs stands for; `login` how `sallyport login` signs a person in there."
  type = list(object({
    issuer     = string
    alias      = string
    audience   = optional(list(string))
    client_ids = optional(list(string))
    token_use  = optional(string)
    typ        = optional(string)
    scopes     = optional(map(string))
    login = optional(object({
      client_id = string
      scopes    = optional(list(string))
      resource  = optional(string)
      audience  = optional(string)
      port      = optional(number)
    }))
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for issuer in var.issuers : can(regex("^https?://[^\\s?#]+$", issuer.issuer))])
    error_message = "issuers: each issuer must be a URL without query or fragment."
  }

  validation {
    condition     = alltrue([for issuer in var.issuers : can(regex("^[a-z][a-z0-9-]{0,31}$", issuer.alias))])
    error_message = "issuers: each alias must be a short name in lower case."
  }

  validation {
    condition = alltrue([
      for issuer in var.issuers : length(coalesce(issuer.audience, [])) > 0 || (length(coalesce(issuer.client_ids, [])) > 0 && issuer.token_use == "access")
    ])
    error_message = "issuers: each needs an audience; or, for tokens that have none (Cognito), client_ids and token_use = \"access\"."
  }

  validation {
    condition     = length(distinct(var.issuers[*].issuer)) == length(var.issuers) && length(distinct(var.issuers[*].alias)) == length(var.issuers)
    error_message = "issuers: each issuer and each alias may be there once."
  }
}

variable "key_door" {
  description = "Whether scripts may call the tools with a token of ours, without a client certificate."
  type        = bool
  default     = false
  nullable    = false
}

variable "live_version" {
  description = "Function (`agent`, `calls`, `mcp`, `mcp-key`, `mcp-oauth`, `oauth`, `rotate`, `stream`, `stream-bearer`, `worker`) to the published version that serves. One not named serves what this apply publishes."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for name, version in var.live_version : contains(["agent", "calls", "mcp", "mcp-key", "mcp-oauth", "oauth", "rotate", "stream", "stream-bearer", "worker"], name) && can(regex("^[1-9][0-9]*$", version))
    ])
    error_message = "live_version must map functions to version numbers."
  }
}

variable "log_level" {
  description = "The lowest level that is logged."
  type        = string
  default     = "info"
  nullable    = false

  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level must be debug, info, warn or error."
  }
}

variable "log_retention_days" {
  description = "How long every log is kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "log_retention_days must be one of the periods that CloudWatch Logs knows; forever is none."
  }
}

variable "memory" {
  description = "Megabytes of memory for each function."
  type = object({
    agent         = optional(number, 1024)
    calls         = optional(number, 1024)
    mcp           = optional(number, 1024)
    mcp-key       = optional(number, 1024)
    mcp-oauth     = optional(number, 1024)
    oauth         = optional(number, 1024)
    rotate        = optional(number, 512)
    stream        = optional(number, 1024)
    stream-bearer = optional(number, 1024)
    worker        = optional(number, 1024)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for megabytes in values(var.memory) : megabytes >= 256 && megabytes <= 10240])
    error_message = "memory must be from 256 to 10240 megabytes."
  }
}

variable "model" {
  description = "`<provider>:<model>` with `openai`, `anthropic`, `gemini`, `deepseek` or `bedrock`, or `offline`: the planner that needs no model. A provider but Bedrock needs its key (`make secrets`)."
  type        = string
  default     = "offline"
  nullable    = false

  validation {
    condition     = can(regex("^(offline|(openai|anthropic|gemini|deepseek|bedrock):[^\\s,*?]{1,100})$", var.model))
    error_message = "model must be offline or <provider>:<model>."
  }

  validation {
    condition     = !startswith(var.model, "bedrock:arn:")
    error_message = "model names a model or an inference profile of Bedrock by its id, not by its ARN: its rights are made from it."
  }
}

variable "model_fallbacks" {
  description = "Models that are asked in this order while the one before is busy, broken or silent."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for model in var.model_fallbacks :
      can(regex("^(offline|(openai|anthropic|gemini|deepseek|bedrock):[^\\s,*?]{1,100})$", model)) && !startswith(model, "bedrock:arn:")
    ])
    error_message = "model_fallbacks must each be offline or <provider>:<model>, of Bedrock by id."
  }
}

variable "model_prices" {
  description = "Model (as in `model`) to what a million of its tokens cost, in the currency of your choice: `input`, `output`, and `cached_input` where the provider has a price for what it remembers. Without a price a model's cost is not counted."
  type = map(object({
    input        = number
    output       = number
    cached_input = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for price in values(var.model_prices) : price.input >= 0 && price.output >= 0 && try(price.cached_input >= 0, true)
    ])
    error_message = "model_prices may not be below zero."
  }
}

variable "model_window" {
  description = "How many tokens the model reads at once; what does not fit of a conversation is shortened. Null: 64,000."
  type        = number
  default     = null

  validation {
    condition     = var.model_window == null || try(var.model_window >= 8000 && var.model_window <= 10000000 && floor(var.model_window) == var.model_window, false)
    error_message = "model_window must be a whole number from 8,000 to 10,000,000."
  }
}

variable "ntfy" {
  description = "The ntfy server of the toolset `notify`, and whether it wants a token (parameter `ntfy-token`). The topics are the parameter `ntfy-topic`."
  type = object({
    token = optional(bool, false)
    url   = optional(string, "https://ntfy.sh")
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^https?://[^\\s?#]+$", var.ntfy.url))
    error_message = "ntfy.url must be a URL."
  }
}

variable "oauth_door" {
  description = "A door for MCP clients that sign their person in, at `tools.<domain>`. Null: none. `issuers`: whose access tokens it believes (docs/identities.md; without `audience`, tokens for this door). `cognito`: a user pool made for it, with public clients by name; `confidential_clients` are ids of those that an operator made; `scopes`: of other servers' tools, beside the toolsets'."
  type = object({
    cognito = optional(object({
      alias = optional(string, "cognito")
      clients = optional(map(object({
        callback_urls = list(string)
        scopes        = optional(list(string))
      })), {})
      confidential_clients = optional(list(string), [])
      mfa                  = optional(string, "ON")
      scopes               = optional(list(string), [])
      sign_in_prefix       = optional(string)
    }))
    issuers = optional(list(object({
      issuer     = string
      alias      = string
      audience   = optional(list(string))
      client_ids = optional(list(string))
      token_use  = optional(string)
      typ        = optional(string)
      scopes     = optional(map(string))
    })), [])
  })
  default = null

  validation {
    condition     = var.oauth_door == null || length(try(var.oauth_door.issuers, [])) > 0 || try(var.oauth_door.cognito, null) != null
    error_message = "oauth_door needs issuers or cognito: it believes nobody else."
  }

  validation {
    condition     = alltrue([for issuer in try(var.oauth_door.issuers, []) : can(regex("^https?://[^\\s?#]+$", issuer.issuer))])
    error_message = "oauth_door.issuers: each issuer must be a URL without query or fragment."
  }

  validation {
    condition = alltrue([
      for issuer in try(var.oauth_door.issuers, []) :
      issuer.token_use == null || (issuer.token_use == "access" && length(concat(coalesce(issuer.audience, []), coalesce(issuer.client_ids, []))) > 0)
    ])
    error_message = "oauth_door.issuers: token_use is \"access\", with client_ids or an audience."
  }

  validation {
    condition = alltrue([
      for alias in concat(try(var.oauth_door.issuers[*].alias, []), try([var.oauth_door.cognito.alias], [])) : can(regex("^[a-z][a-z0-9-]{0,31}$", alias))
    ])
    error_message = "oauth_door: each alias must be a short name in lower case."
  }

  validation {
    condition     = length(distinct(try(var.oauth_door.issuers[*].issuer, []))) == length(try(var.oauth_door.issuers, []))
    error_message = "oauth_door.issuers: each issuer may be there once."
  }

  validation {
    condition     = try(length(var.oauth_door.cognito.clients) + length(var.oauth_door.cognito.confidential_clients) > 0, true)
    error_message = "oauth_door.cognito needs clients or confidential_clients: tokens of any other are not believed."
  }

  validation {
    condition     = alltrue([for id in try(var.oauth_door.cognito.confidential_clients, []) : can(regex("^[A-Za-z0-9]{1,128}$", id))])
    error_message = "oauth_door.cognito.confidential_clients must be ids of clients."
  }

  # `oidc:<alias>:<sub>` is one person wherever it is read: an alias that stood for two issuers would let the one speak for the other.
  validation {
    condition = alltrue([
      for pair in setproduct(
        concat(
          [for issuer in try(var.oauth_door.issuers, []) : "${issuer.alias} ${issuer.issuer}"],
          try(["${var.oauth_door.cognito.alias} the-pool"], []),
        ),
        concat(
          [for issuer in concat(var.issuers, try(var.oauth_door.issuers, [])) : "${issuer.alias} ${issuer.issuer}"],
          try(["${var.oauth_door.cognito.alias} the-pool"], []),
          var.sign_in_issuer == null ? [] : ["${var.sign_in_alias} ${var.sign_in_issuer}"],
        ),
      ) : (split(" ", pair[0])[0] == split(" ", pair[1])[0]) == (split(" ", pair[0])[1] == split(" ", pair[1])[1])
    ])
    error_message = "oauth_door: an alias must name one issuer, and an issuer have one alias, here, in issuers and at the sign-in."
  }
}

variable "open_meteo" {
  description = "The servers of the toolset `weather`, up to and with `/v1`, where they are not Open-Meteo's own."
  type = object({
    geocoding_url = optional(string)
    url           = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for url in values(var.open_meteo) : url == null || can(regex("^https?://[^\\s?#]+$", url))])
    error_message = "open_meteo's addresses must be URLs."
  }
}

variable "openai_base_url" {
  description = "Any API that is compatible with OpenAI's chat completions; null is OpenAI's own."
  type        = string
  default     = null

  validation {
    condition     = var.openai_base_url == null || can(regex("^https?://[^\\s?#]+$", var.openai_base_url))
    error_message = "openai_base_url must be a URL."
  }

  # It carries the key and what people say.
  validation {
    condition     = var.openai_base_url == null || var.environment != "prod" || startswith(coalesce(var.openai_base_url, "-"), "https://")
    error_message = "openai_base_url must begin with https:// in prod."
  }
}

variable "ownership_certificate_arn" {
  description = "Only where `certificate_arn` is an imported certificate: a public ACM certificate for the same names, as proof of ownership."
  type        = string
  default     = null

  validation {
    condition     = var.ownership_certificate_arn == null || var.certificate_arn != null
    error_message = "ownership_certificate_arn goes with certificate_arn."
  }
}

variable "rate_per_minute" {
  description = "Tool calls a minute for one person through one agent."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.rate_per_minute >= 1 && var.rate_per_minute <= 100000
    error_message = "rate_per_minute must be from 1 to 100000."
  }
}

variable "redis_ca" {
  description = "PEM text of the authority that signed the Redis server's certificate, where that is a private one. A root is enough; it is no secret."
  type        = string
  default     = null

  validation {
    condition     = var.redis_ca == null || (can(regex("^-----BEGIN CERTIFICATE-----", var.redis_ca)) && length(coalesce(var.redis_ca, "-")) <= 2200)
    error_message = "redis_ca must be one certificate in PEM, at most 2,200 characters: a function's whole environment has 4 kB."
  }
}

variable "reserved_concurrency" {
  description = "Instances reserved for each function, which are its limit too: where a store takes few connections. -1: none, which accounts with a small quota demand."
  type = object({
    agent         = optional(number, -1)
    calls         = optional(number, -1)
    mcp           = optional(number, -1)
    mcp-key       = optional(number, -1)
    mcp-oauth     = optional(number, -1)
    oauth         = optional(number, -1)
    rotate        = optional(number, -1)
    stream        = optional(number, -1)
    stream-bearer = optional(number, -1)
    worker        = optional(number, -1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for limit in values(var.reserved_concurrency) : limit == -1 || (limit >= 1 && limit <= 1000)])
    error_message = "reserved_concurrency must be -1 (none) or from 1 to 1000: with 0 a function never runs."
  }
}

variable "servers" {
  description = "Other MCP servers behind this one: the folder `servers/` with what was approved of them, in the zip. `secrets`: whether any of them wants a proof that the parameter `server-secrets` holds. Null: none. Those that are functions of their own: `terraform/gateway`."
  type = object({
    secrets = optional(bool, false)
  })
  default = null
}

variable "sign_in_alias" {
  description = "The sign-in issuer's short name inside identities (`oidc:<alias>:<sub>`)."
  type        = string
  default     = "google"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,31}$", var.sign_in_alias))
    error_message = "sign_in_alias must be a short name in lower case."
  }
}

variable "sign_in_client_id" {
  description = "This system's client id at the sign-in issuer."
  type        = string
  default     = null

  validation {
    condition     = (var.sign_in_client_id == null) == (var.sign_in_issuer == null)
    error_message = "sign_in_issuer and sign_in_client_id go together."
  }
}

variable "sign_in_issuer" {
  description = "OIDC issuer where persons sign in with a browser. Null: only tokens prove who someone is."
  type        = string
  default     = null

  validation {
    condition     = var.sign_in_issuer == null || can(regex("^https?://[^\\s?#]+$", var.sign_in_issuer))
    error_message = "sign_in_issuer must be a URL."
  }
}

variable "slack" {
  description = "Whether Slack may speak to it: the OAuth API takes what Slack signs, the worker answers there. Both secrets are parameters."
  type        = bool
  default     = false
  nullable    = false
}

variable "store" {
  description = "Where records are kept: `redis` (its URLs are parameters) or `dynamodb` (tables of this root)."
  type        = string
  default     = "redis"
  nullable    = false

  validation {
    condition     = contains(["dynamodb", "redis"], var.store)
    error_message = "store must be redis or dynamodb."
  }
}

variable "stream" {
  description = "Function URLs that tell answers while they come. Null: none. One asks for signatures (SigV4); `bearer`: a second one that anybody reaches, where the function alone checks the caller's token, with no firewall before it."
  type = object({
    bearer = optional(bool, false)
  })
  default = {}
}

variable "tee_times" {
  description = "Where the toolset `golf` finds and books tee times: a service (`url`, and `key` where it wants the parameter `tee-times-key`), or courses whose tee sheet is kept in the store."
  type = object({
    courses = optional(list(object({
      days_ahead    = optional(number)
      every_minutes = number
      first         = string
      holes         = optional(number)
      id            = string
      last          = string
      name          = string
      price         = optional(object({ amount = string, currency = string }))
      spots         = optional(number)
      time_zone     = string
    })), [])
    key = optional(bool, false)
    url = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = !contains(var.toolsets, "golf") || (var.tee_times.url == null) == (length(var.tee_times.courses) > 0)
    error_message = "The toolset golf needs tee_times.url or tee_times.courses, and not both."
  }

  validation {
    condition     = var.tee_times.url == null || can(regex("^https?://[^\\s?#]+$", var.tee_times.url))
    error_message = "tee_times.url must be a URL."
  }

  validation {
    condition     = alltrue([for course in var.tee_times.courses : can(regex("^[a-z][a-z0-9-]{0,31}$", course.id)) && alltrue([for time in [course.first, course.last] : can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", time))])])
    error_message = "A course's id is letters, digits and -, and its first and last are times such as 07:30."
  }

  validation {
    condition     = alltrue([for course in var.tee_times.courses : course.price == null || can(regex("^[0-9]{1,6}([.][0-9]{1,3})?$", course.price.amount)) && can(regex("^[A-Z]{3}$", course.price.currency))])
    error_message = "A course's price is an amount such as 45.00 and a currency such as EUR."
  }
}

variable "throttle" {
  description = "Requests a second (`rate`) and at once (`burst`) that an API's route takes; `tight_…` are for routes on which strangers can make it write or ask elsewhere."
  type = object({
    rate        = optional(number, 50)
    burst       = optional(number, 100)
    tight_rate  = optional(number, 5)
    tight_burst = optional(number, 10)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for limit in values(var.throttle) : limit >= 1 && limit <= 5000])
    error_message = "throttle must be from 1 to 5000."
  }

  validation {
    condition     = var.throttle.tight_rate <= var.throttle.rate && var.throttle.tight_burst <= var.throttle.burst
    error_message = "throttle.tight_rate and tight_burst may not be above rate and burst."
  }
}

variable "toolsets" {
  description = "Which tools there are: `calendar`, `weather`, `notify` (needs the parameter `ntfy-topic`), `golf` (needs `tee_times`), `aws` and `aws-writes` (need `aws` in the foundation)."
  type        = list(string)
  default     = ["calendar"]
  nullable    = false

  validation {
    condition     = length(var.toolsets) > 0 && alltrue([for name in var.toolsets : contains(["aws", "aws-writes", "calendar", "golf", "notify", "weather"], name)])
    error_message = "toolsets must be some of aws, aws-writes, calendar, golf, notify, weather."
  }
}

variable "trust_domain" {
  description = "SPIFFE trust domain of the agents' certificates. Null: `domain`."
  type        = string
  default     = null

  validation {
    condition     = var.trust_domain == null || can(regex("^[a-z0-9.-]{1,255}$", var.trust_domain))
    error_message = "trust_domain must be lower-case letters, digits, dots and hyphens."
  }
}

variable "vpc" {
  description = "Network that the functions join, to reach a store there. It must let them out to AWS, Google and the model. Null: none."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "zone_id" {
  description = "Id of the hosted zone in Route 53 that `domain` lies in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "zone_id must be the id of a hosted zone (Z…)."
  }
}
