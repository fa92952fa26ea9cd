variable "key_arn" {
  description = "KMS key that encrypts every value."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.key_arn))
    error_message = "key_arn is the ARN of a KMS key: an alias could be pointed at another one later."
  }
}

variable "parameters" {
  description = "Name of each parameter below the path, and what it holds, who reads it and who writes it."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.parameters) > 0 && alltrue([for name in keys(var.parameters) : can(regex("^[a-z0-9-]+(/[a-z0-9-]+)?$", name))])
    error_message = "parameters needs at least one name; a name is lower-case letters, digits and hyphens, with one slash at most."
  }

  validation {
    condition     = alltrue([for description in values(var.parameters) : length(description) > 0 && length(description) <= 1024])
    error_message = "Every parameter says in 1 to 1024 characters what it holds."
  }
}

variable "path" {
  description = "Where the parameters lie, such as `/sallyport/dev`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(/[a-z0-9-]+){2,4}$", var.path)) && !startswith(var.path, "/aws") && !startswith(var.path, "/ssm")
    error_message = "path is two to four names, each after a slash, without one at its end; it does not begin with /aws or /ssm."
  }
}
