variable "clients" {
  description = "Clients that can keep no secret, by name: where a browser may lead back to, and which scopes they may ask for (null: all)."
  type = map(object({
    callback_urls = list(string)
    scopes        = optional(list(string))
  }))
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.clients) : can(regex("^[a-z][a-z0-9-]{0,31}$", name))])
    error_message = "clients must have short names in lower case."
  }

  # RFC 8252: https, a scheme of the app's own, or this computer's loopback.
  validation {
    condition = alltrue(flatten([
      for client in values(var.clients) : concat([length(client.callback_urls) > 0], [
        for url in client.callback_urls : can(regex("^(https://[^\\s#]+|http://(localhost|127\\.0\\.0\\.1)(:[0-9]{1,5})?(/[^\\s#]*)?|[a-z][a-z0-9+-]*(\\.[a-z0-9+-]+)+:/[^\\s#]*|cursor://[^\\s#]+)$", url))
      ])
    ]))
    error_message = "clients must each have callback_urls: https, http on localhost or 127.0.0.1, or an app's own scheme, without a fragment."
  }

  validation {
    condition     = alltrue(flatten([for client in values(var.clients) : [for scope in coalesce(client.scopes, []) : contains(var.scopes, scope)]]))
    error_message = "clients may ask for the scopes of this pool only."
  }
}

variable "deletion_protection" {
  description = "Whether the pool, and with it everybody's sign-in, is protected from deletion."
  type        = bool
  default     = true
  nullable    = false
}

variable "mfa" {
  description = "A second factor at the sign-in, by an app's code: `ON` for everybody, `OPTIONAL` for who sets one up, `OFF`."
  type        = string
  default     = "ON"
  nullable    = false

  validation {
    condition     = contains(["OFF", "ON", "OPTIONAL"], var.mfa)
    error_message = "mfa must be ON, OPTIONAL or OFF."
  }
}

variable "name" {
  description = "Name of the pool; its clients' names begin with it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,60}$", var.name))
    error_message = "name must be lower-case letters, digits and hyphens."
  }
}

variable "resource" {
  description = "The address of the API that the tokens are for."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://[^\\s?#\"\\\\]{1,200}[^/\\s?#\"\\\\]$", var.resource))
    error_message = "resource must be an https URL without query, fragment or a slash at its end."
  }
}

variable "scopes" {
  description = "Scopes of ours that clients can ask for."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.scopes) > 0 && length(var.scopes) <= 100 && alltrue([for scope in var.scopes : can(regex("^[a-z][a-z0-9_]{0,31}\\.(read|write)$", scope))])
    error_message = "scopes must be 1 to 100 of <toolset>.read and <toolset>.write; the yes to a write comes from elsewhere."
  }
}

variable "sign_in_prefix" {
  description = "First part of the sign-in page's name, one that nobody else in this region has."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.sign_in_prefix)) && !can(regex("aws|amazon|cognito", var.sign_in_prefix))
    error_message = "sign_in_prefix must be lower-case letters, digits and hyphens; Amazon refuses its own names in it."
  }
}
