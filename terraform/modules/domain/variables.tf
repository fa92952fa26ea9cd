variable "alias_target" {
  description = "What the name leads to where something stands before API Gateway: a name and its hosted zone. Null: straight to API Gateway."
  type = object({
    name    = string
    zone_id = string
  })
  default = null
}

variable "certificate_arn" {
  description = "ARN of a certificate for the name, in this region. Null: one is made, and proved in the hosted zone."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/[a-z0-9-]+$", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of an ACM certificate."
  }
}

variable "domain_name" {
  description = "The domain."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain_name))
    error_message = "domain_name must be a DNS name in lower case, without a wildcard."
  }
}

variable "zone_id" {
  description = "Id of the hosted zone in Route 53 that the name lies in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "zone_id must be the id of a hosted zone (Z…)."
  }
}
