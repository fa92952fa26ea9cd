variable "boundary_arn" {
  description = "ARN of the policy that bounds the role, whatever is attached to it."
  type        = string
  nullable    = false
}

variable "bundle" {
  description = "Path of the server's zip, as `make deploy-server` and `make deploy-gateway` build it."
  type        = string
  nullable    = false
}

variable "data_key_arn" {
  description = "ARN of the KMS key for the log group."
  type        = string
  nullable    = false
}

variable "environment" {
  description = "More environment variables, for those that the server's entry lets pass. No secrets."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Za-z][A-Za-z0-9_]{0,127}$", name)) && !can(regex("^(AWS|LAMBDA|SALLYPORT)_", name))])
    error_message = "environment must be names of variables; those of AWS, Lambda and ours are not given here."
  }
}

variable "handler" {
  description = "Entry point of the wrapper inside the zip."
  type        = string
  default     = "sallyport_server.handler"
  nullable    = false
}

variable "live_version" {
  description = "The published version that serves. Null: the one this apply publishes."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long log lines are kept."
  type        = number
  nullable    = false
}

variable "memory_mb" {
  description = "Memory in megabytes; processor time comes in proportion."
  type        = number
  default     = 512
  nullable    = false
}

variable "prefix" {
  description = "What all names begin with, such as `sallyport-dev`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^sallyport-(dev|gamma|prod)$", var.prefix))
    error_message = "prefix must be sallyport-<environment>."
  }
}

variable "reserved_concurrency" {
  description = "Instances reserved for it, which are also its limit. -1: none."
  type        = number
  default     = -1
  nullable    = false
}

variable "runtime" {
  description = "Lambda's name of the Node or the Python that the server needs."
  type        = string
  nullable    = false
}

variable "server" {
  description = "The server's name, as its tools' names begin."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*([-_][a-z0-9]+)*$", var.server)) && length(var.server) <= 24
    error_message = "server must be lower-case letters, digits, - and single _, at most 24."
  }
}

variable "timeout_seconds" {
  description = "Seconds until Lambda ends a call."
  type        = number
  default     = 30
  nullable    = false
}
