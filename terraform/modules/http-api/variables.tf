variable "data_key_arn" {
  description = "ARN of the KMS key for the access log."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.data_key_arn))
    error_message = "data_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "description" {
  description = "What the API is for, in one sentence."
  type        = string
  nullable    = false
}

variable "domain_name" {
  description = "The domain that leads to the API, as the module `domain` or `mtls-domain` gives it. With one, the default endpoint is off."
  type        = string
  default     = null

  validation {
    condition     = var.domain_name == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain_name))
    error_message = "domain_name must be a DNS name in lower case."
  }
}

variable "function" {
  description = "The function behind the API: its name, its alias and the ARN the alias is invoked by."
  type = object({
    name             = string
    alias_name       = string
    alias_invoke_arn = string
  })
  nullable = false
}

variable "log_retention_days" {
  description = "How long the access log is kept."
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

variable "name" {
  description = "Name of the API."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,58}$", var.name))
    error_message = "name must be 2 to 59 lower-case letters, digits and hyphens."
  }
}

variable "routes" {
  description = "Route keys (`GET /health`, `ANY /turns/{id}`) that the function serves. A route may have a limit of its own: requests a second and at once."
  type = list(object({
    key = string
    throttle = optional(object({
      rate  = number
      burst = number
    }))
  }))
  nullable = false

  validation {
    condition     = length(var.routes) > 0 && length(distinct(var.routes[*].key)) == length(var.routes)
    error_message = "routes must name at least one route, and none twice."
  }

  validation {
    condition = alltrue([
      for route in var.routes : can(regex("^(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) /([A-Za-z0-9._~-]+|\\{[a-z]+\\})?(/([A-Za-z0-9._~-]+|\\{[a-z]+\\}))*$", route.key))
    ])
    error_message = "A route's key must be a method and a path; `$default` and greedy paths let in what nobody serves."
  }

  validation {
    condition = alltrue([
      for route in var.routes : route.throttle == null || (try(route.throttle.rate, 0) > 0 && try(route.throttle.burst, 0) >= 1)
    ])
    error_message = "A route's limits must be above zero."
  }
}

variable "throttle" {
  description = "Requests a second, and at once, that any one route takes; more are answered 429."
  type = object({
    rate  = number
    burst = number
  })
  nullable = false

  validation {
    condition     = var.throttle.rate > 0 && var.throttle.rate <= 10000 && var.throttle.burst >= 1 && var.throttle.burst <= 5000
    error_message = "throttle.rate must be above 0 and at most 10000, throttle.burst from 1 to 5000."
  }
}
