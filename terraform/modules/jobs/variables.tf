variable "data_key_arn" {
  description = "ARN of the KMS key that the queues are encrypted with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.data_key_arn))
    error_message = "data_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "function_alias_arn" {
  description = "ARN of the worker's alias, which is handed the messages."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9-_]+:[A-Za-z0-9-_]+$", var.function_alias_arn))
    error_message = "function_alias_arn must be the ARN of a function's alias."
  }
}

variable "function_timeout_seconds" {
  description = "How long the worker may take for one message."
  type        = number
  nullable    = false

  validation {
    condition     = var.function_timeout_seconds >= 30 && var.function_timeout_seconds <= 900
    error_message = "function_timeout_seconds must be from 30 to 900."
  }
}

variable "maximum_concurrency" {
  description = "How many messages are worked on at the same time, at most."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.maximum_concurrency >= 2 && var.maximum_concurrency <= 1000
    error_message = "maximum_concurrency must be from 2 to 1000."
  }
}

variable "name" {
  description = "The queue's name; the second one's ends in `-dead`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,60}[a-z0-9]$", var.name))
    error_message = "name must be lower-case letters, digits and hyphens, and not end in a hyphen."
  }
}

variable "tries" {
  description = "How often a message is handed out before it counts as failed. Each time that it is put off is one."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.tries >= 5 && var.tries <= 1000
    error_message = "tries must be from 5 to 1000: Lambda needs five, to be throttled without losing anything."
  }
}

variable "what" {
  description = "What is left there, as the rights on it are called: `Jobs` or `Calls`."
  type        = string
  default     = "Jobs"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Z][a-z]{1,15}$", var.what))
    error_message = "what must be one word with a capital letter."
  }
}
