variable "data_key_arn" {
  description = "ARN of the KMS key that the table is encrypted with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.data_key_arn))
    error_message = "data_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the table. Off only where nobody's data is."
  type        = bool
  default     = true
  nullable    = false
}

variable "name" {
  description = "The table's name: `sallyport-dev-conversations`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,100}-conversations$", var.name))
    error_message = "name must be lower-case letters, digits and hyphens, and end in -conversations, as the functions expect it."
  }
}

variable "recovery_days" {
  description = "How many days back the table can be restored to any second. What a person has deleted stays restorable as long. Null: AWS's own default, 35."
  type        = number
  default     = null

  validation {
    condition     = var.recovery_days == null || try(var.recovery_days >= 1 && var.recovery_days <= 35 && floor(var.recovery_days) == var.recovery_days, false)
    error_message = "recovery_days must be a whole number from 1 to 35."
  }
}
