variable "authorization" {
  description = "`AWS_IAM`: AWS lets in whoever signs by SigV4 and may. `NONE`: everybody gets as far as the function's own check."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["AWS_IAM", "NONE"], var.authorization)
    error_message = "authorization must be AWS_IAM or NONE."
  }
}

variable "cors_origins" {
  description = "Origins whose pages may call from a browser and read the answers."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https://[a-z0-9.-]+(:[0-9]{1,5})?$", origin))])
    error_message = "cors_origins must be https origins, without a path; * is none."
  }
}

variable "function" {
  description = "The function's name, its ARN without a version, and the alias that callers reach."
  type = object({
    alias_name = string
    arn        = string
    name       = string
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+$", var.function.arn)) && var.function.alias_name != "$LATEST"
    error_message = "function needs the ARN without a version, and an alias: $LATEST is nobody's choice."
  }
}

variable "invoke_mode" {
  description = "`RESPONSE_STREAM`: what the function writes goes out as it is written; `BUFFERED`: when it is whole, for functions that answer at once."
  type        = string
  default     = "RESPONSE_STREAM"
  nullable    = false

  validation {
    condition     = contains(["BUFFERED", "RESPONSE_STREAM"], var.invoke_mode)
    error_message = "invoke_mode must be BUFFERED or RESPONSE_STREAM."
  }
}
