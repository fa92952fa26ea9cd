variable "bucket" {
  description = "Name of the bucket. Names are unique in all of AWS: have the account's number in it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket is 3 to 63 lower-case letters, digits and hyphens; a dot would break the certificate of its address."
  }
}

variable "disposable" {
  description = "Whether `terraform destroy` may delete the bucket with all its versions."
  type        = bool
  default     = false
  nullable    = false
}
