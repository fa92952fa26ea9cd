variable "domain_name" {
  description = "The name that the certificate is for."
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
