variable "apis" {
  description = "API to its id."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.apis) : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "apis must be named in lower case."
  }
}

variable "authority_key_arn" {
  description = "ARN of the certificate authority's KMS key."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.authority_key_arn))
    error_message = "authority_key_arn must be the ARN of a KMS key: CloudTrail names keys so, whatever alias they were called by."
  }
}

variable "certificate_days" {
  description = "Certificate (as the rotation names it) to the days that must be left of it. An agent's is renewed with ten left."
  type        = map(number)
  default     = { agent = 7, authority = 60 }
  nullable    = false

  validation {
    condition     = alltrue([for name, days in var.certificate_days : contains(["agent", "authority"], name) && days >= 1])
    error_message = "certificate_days may name agent and authority, each with a day or more."
  }
}

variable "create_trail" {
  description = "Whether a trail of CloudTrail is made. False where the account has one for this region: without any, no use of the authority's key is told."
  type        = bool
  default     = true
  nullable    = false
}

variable "data_key_arn" {
  description = "ARN of the KMS key that the topic is encrypted with. Its policy must let CloudWatch and EventBridge use it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.data_key_arn))
    error_message = "data_key_arn must be the ARN of a KMS key: AWS's own key for SNS lets no alarm publish."
  }
}

variable "disposable" {
  description = "Whether `terraform destroy` may delete the trail's bucket with all it holds."
  type        = bool
  default     = false
  nullable    = false
}

variable "edge" {
  description = "Whether an edge stands before the agent and the OAuth API."
  type        = bool
  default     = false
  nullable    = false
}

variable "emails" {
  description = "Addresses that alarms are sent to."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "emails must be addresses."
  }
}

variable "environment" {
  description = "The environment, as the code names it in each metric."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "gamma", "prod"], var.environment)
    error_message = "environment is dev, gamma or prod."
  }
}

variable "function_urls" {
  description = "Functions (by their keys in `functions`) that a Function URL leads to."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.function_urls : contains(keys(var.functions), name)])
    error_message = "function_urls must name functions of `functions`."
  }
}

variable "functions" {
  description = "Function to its name at Lambda, its log group, what it calls itself in its log (`service`), and how long (ms) 95 of 100 may take."
  type = map(object({
    log_group = string
    name      = string
    p95_ms    = number
    service   = string
  }))
  nullable = false

  validation {
    condition = length(var.functions) > 0 && alltrue([
      for function in values(var.functions) : contains(["agent", "calls", "mcp", "oauth", "rotate", "worker"], function.service) && function.p95_ms >= 1
    ])
    error_message = "functions must name at least one, each with a service that the code knows and a limit of a millisecond or more."
  }
}

variable "prefix" {
  description = "What the names begin with: `sallyport-dev`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,40}[a-z0-9]$", var.prefix))
    error_message = "prefix must be lower-case letters, digits and hyphens, and not end in a hyphen."
  }
}

variable "queues" {
  description = "Queues that should stay empty: what they are for to their names."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "refused_per_5_minutes" {
  description = "How many refusals of one service, whatever for, raise an alarm."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.refused_per_5_minutes >= 1
    error_message = "refused_per_5_minutes must be 1 or more."
  }
}

variable "tables" {
  description = "Names of DynamoDB tables to show; none where the store is Redis."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "trail_days" {
  description = "How long the trail's files are kept."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.trail_days >= 1 && var.trail_days <= 3653
    error_message = "trail_days must be from 1 to 3653."
  }
}
