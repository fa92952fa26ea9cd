variable "apis" {
  description = "What stands behind the edge, by its function: the public name, and API Gateway's regional name for it. Only `agent` and `oauth` can be named: the MCP API's doors take certificates or have their own limits."
  type = map(object({
    domain_name        = string
    origin_domain_name = string
  }))
  nullable = false

  validation {
    condition     = length(var.apis) > 0 && alltrue([for name in keys(var.apis) : contains(["agent", "oauth"], name)])
    error_message = "apis may name agent and oauth, at least one: mutual TLS cannot pass through CloudFront."
  }

  validation {
    condition = alltrue(flatten([for api in values(var.apis) : [
      can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", api.domain_name)),
      can(regex("^[A-Za-z0-9.-]{3,253}$", api.origin_domain_name)),
      api.domain_name != api.origin_domain_name,
    ]]))
    error_message = "domain_name must be a DNS name in lower case, and origin_domain_name another one: behind the public name CloudFront would find itself."
  }
}

variable "certificate_arn" {
  description = "ARN of a certificate in us-east-1 for all the names. Null: one is made, proved by the records that the APIs' own certificates have in the zone."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:us-east-1:[0-9]{12}:certificate/[a-z0-9-]+$", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of an ACM certificate in us-east-1, where CloudFront looks for it."
  }
}

variable "log_retention_days" {
  description = "How long the firewall's log is kept. It holds addresses of callers that were stopped."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days must be one of the periods that CloudWatch Logs knows, up to two years."
  }
}

variable "prefix" {
  description = "What the names begin with: `sallyport-dev`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,48}[a-z0-9]$", var.prefix))
    error_message = "prefix must be lower-case letters, digits and hyphens, and not end in a hyphen."
  }
}

variable "price_class" {
  description = "Where CloudFront answers: PriceClass_100 (North America, Europe, Israel), _200, or _All."
  type        = string
  default     = "PriceClass_100"
  nullable    = false

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class must be PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "requests_per_5_minutes" {
  description = "Requests that one address may send in five minutes before it gets 429. A turn is polled every few seconds."
  type        = number
  default     = 600
  nullable    = false

  validation {
    condition     = var.requests_per_5_minutes >= 10 && var.requests_per_5_minutes <= 2000000
    error_message = "requests_per_5_minutes must be from 10 to 2000000."
  }
}

variable "zone_id" {
  description = "Id of the hosted zone in Route 53 that the names lie in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "zone_id must be the id of a hosted zone (Z…)."
  }
}
