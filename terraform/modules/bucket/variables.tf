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

variable "kept_versions" {
  description = "How many earlier versions stay whatever their age."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.kept_versions >= 1 && var.kept_versions <= 100 && floor(var.kept_versions) == var.kept_versions
    error_message = "kept_versions is a whole number from 1 to 100: without an earlier version there is no way back."
  }
}
