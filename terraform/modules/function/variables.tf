variable "asynchronous" {
  description = "Whether events are queued for it (a schedule) instead of somebody waiting: then it is tried again, and what fails for good ends in a queue of its own."
  type        = bool
  default     = false
  nullable    = false
}

variable "boundary_arn" {
  description = "ARN of the policy that bounds the role, whatever is attached to it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:policy/.+$", var.boundary_arn))
    error_message = "boundary_arn must be the ARN of an IAM policy."
  }
}

variable "bundle" {
  description = "Path of the zip that `make bundle` writes."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.bundle, ".zip") && fileexists(var.bundle)
    error_message = "bundle must be the path of a zip that exists: run `make bundle`."
  }
}

variable "data_key_arn" {
  description = "ARN of the KMS key for the log group and the queue."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.data_key_arn))
    error_message = "data_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "description" {
  description = "What the function is for, in one sentence."
  type        = string
  nullable    = false
}

variable "environment" {
  description = "Environment variables. Secrets are named here by their parameter (`…_PARAMETER`), never given."
  type        = map(string)
  nullable    = false

  validation {
    condition = alltrue([
      for name in keys(var.environment) : !contains([
        "OPENAI_API_KEY", "GOOGLE_CLIENT_SECRET", "REDIS_URL", "SALLYPORT_CREDENTIALS", "SALLYPORT_HMAC_MASTER",
        "SALLYPORT_ORIGIN_SECRET", "SALLYPORT_SIGN_IN_CLIENT_SECRET", "SALLYPORT_VAULT_KEY",
      ], name)
    ])
    error_message = "A secret may not lie in a function's environment: name its parameter (`<NAME>_PARAMETER`)."
  }
}

variable "handler" {
  description = "Entry point inside the zip, such as `mcp.handler`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z_-]*\\.handler$", var.handler))
    error_message = "handler must be `<entry>.handler`."
  }
}

variable "live_version" {
  description = "The published version that the alias `live` points to. Null: the one this apply publishes."
  type        = string
  default     = null

  validation {
    condition     = var.live_version == null || can(regex("^[1-9][0-9]*$", var.live_version))
    error_message = "live_version must be the number of a published version; $LATEST is nobody's choice."
  }
}

variable "log_retention_days" {
  description = "How long log lines are kept."
  type        = number
  nullable    = false

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "log_retention_days must be one of the periods that CloudWatch Logs knows; forever is none."
  }
}

variable "memory_mb" {
  description = "Memory in megabytes; processor time comes in proportion (1,769 MB: one whole one)."
  type        = number
  nullable    = false

  validation {
    condition     = var.memory_mb >= 256 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "memory_mb must be a whole number from 256 to 10240."
  }
}

variable "name" {
  description = "Name of the function, of its role and of the end of its log group's name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,58}$", var.name))
    error_message = "name must be 2 to 59 lower-case letters, digits and hyphens (a role's name has 64 characters)."
  }
}

variable "policy_json" {
  description = "What the function may do beside logging and tracing, as an IAM policy."
  type        = string
  nullable    = false

  validation {
    condition     = can(jsondecode(var.policy_json).Statement)
    error_message = "policy_json must be an IAM policy in JSON."
  }
}

variable "reserved_concurrency" {
  description = "Instances reserved for it, which are also its limit. -1: none."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition     = var.reserved_concurrency == -1 || (var.reserved_concurrency >= 1 && var.reserved_concurrency <= 1000)
    error_message = "reserved_concurrency must be -1 (none) or from 1 to 1000: with 0 a function never runs."
  }
}

variable "runtime" {
  description = "Lambda's name of the Node that runs it, or, for another server, of the Python."
  type        = string
  default     = "nodejs22.x"
  nullable    = false

  validation {
    condition     = can(regex("^(nodejs(2[2-9]|[3-9][0-9])\\.x|python3\\.(1[2-9]|[2-9][0-9]))$", var.runtime))
    error_message = "runtime must be nodejs22.x or later, or python3.12 or later."
  }
}

variable "timeout_seconds" {
  description = "Seconds until Lambda ends an invocation. Behind an HTTP API 30: the API gives up after 30 itself."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "timeout_seconds must be from 1 to 900."
  }
}

variable "vpc" {
  description = "Network to join. Null: Lambda's own, which reaches the internet and nothing private."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null

  validation {
    condition = var.vpc == null || alltrue([
      length(try(var.vpc.subnet_ids, [])) > 0,
      length(try(var.vpc.security_group_ids, [])) > 0,
      alltrue([for id in try(var.vpc.subnet_ids, []) : can(regex("^subnet-[0-9a-f]+$", id))]),
      alltrue([for id in try(var.vpc.security_group_ids, []) : can(regex("^sg-[0-9a-f]+$", id))]),
    ])
    error_message = "vpc needs at least one subnet id (subnet-…) and one security group id (sg-…)."
  }
}
