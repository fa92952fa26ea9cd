variable "account_id" {
  description = "The AWS account this environment lives in. Given, Terraform refuses credentials of any other; left out, it takes the one of the credentials."
  type        = string
  default     = null

  validation {
    condition     = var.account_id == null || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is the account's twelve digits."
  }
}

variable "environment" {
  description = "Which environment this is. Every name starts with `sallyport-<environment>`."
  type        = string

  validation {
    condition     = contains(["dev", "gamma", "prod"], var.environment)
    error_message = "environment is dev, gamma or prod."
  }
}
