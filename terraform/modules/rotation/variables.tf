variable "boundary_arn" {
  description = "Permissions boundary of the scheduler's role."
  type        = string
  default     = null

  validation {
    condition     = var.boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:policy/.+$", var.boundary_arn))
    error_message = "boundary_arn is the ARN of an IAM policy."
  }
}

variable "data_key_arn" {
  description = "KMS key that seals the queue."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.data_key_arn))
    error_message = "data_key_arn is the ARN of a KMS key; an alias's ARN is refused, since rights on it mean nothing."
  }
}

variable "enabled" {
  description = "Whether it runs. Off, certificates run out: an alarm says so."
  type        = bool
  default     = true
}

variable "function_alias_arn" {
  description = "The alias to invoke."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+:[A-Za-z0-9_-]+$", var.function_alias_arn))
    error_message = "function_alias_arn is the ARN of a function's alias: one without an alias would always run the newest code."
  }
}

variable "name" {
  description = "Of the schedule and its group; the role and the queue add to it."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,52}$", var.name))
    error_message = "name is 1 to 52 letters, digits, - and _."
  }
}

variable "schedule" {
  description = "When it runs: `rate(1 hour)` or `cron(…)`. A key's phases wait for whole runs, so daily runs make a rotation take days."
  type        = string
  default     = "rate(1 hour)"

  validation {
    condition     = can(regex("^(rate\\([1-9][0-9]* (minutes?|hours?|days?)\\)|cron\\([^()]+\\))$", var.schedule))
    error_message = "schedule is a rate(…) or a cron(…) of EventBridge Scheduler."
  }
}
