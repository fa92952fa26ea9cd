variable "account_id" {
  description = "The AWS account this environment lives in. Given, Terraform refuses credentials of any other; left out, it takes the one of the credentials."
  type        = string
  default     = null

  validation {
    condition     = var.account_id == null || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is the account's twelve digits."
  }
}

variable "callers" {
  description = "Functions of the MCP API that call the servers: those that the service root has made. None: the servers are for callers whom you let yourself."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.callers : contains(["calls", "mcp", "mcp-key", "mcp-oauth"], name)])
    error_message = "callers are calls, mcp, mcp-key and mcp-oauth."
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

variable "servers" {
  description = "Server to how it runs. `make deploy-gateway` writes this from `servers/`; nobody types it."
  type = map(object({
    bundle               = string
    runtime              = string
    environment          = optional(map(string), {})
    memory_mb            = optional(number, 512)
    reserved_concurrency = optional(number, -1)
    timeout_seconds      = optional(number, 30)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.servers) : can(regex("^[a-z][a-z0-9]*([-_][a-z0-9]+)*$", name)) && length(name) <= 24])
    error_message = "servers must be named in lower-case letters, digits, - and single _, at most 24."
  }
}
