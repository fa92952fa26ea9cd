variable "prefix" {
  description = "What the names of roles and policies begin with, such as `sallyport-prod`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,40}$", var.prefix))
    error_message = "prefix must be 2 to 41 lower-case letters, digits and hyphens."
  }
}

variable "readable_secrets" {
  description = "ARNs of the secrets in Secrets Manager whose values may be read, `-*` or the six characters at their end included. None by default."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.readable_secrets : can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+(-\\*|-\\?{6})?$", arn))])
    error_message = "readable_secrets must be ARNs of secrets, with nothing left open but what AWS ends their names with."
  }
}

variable "regions" {
  description = "Regions that may be read. Every one when empty. Services without regions are read wherever they are."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.regions) <= 30 && alltrue([for region in var.regions : can(regex("^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$", region))])
    error_message = "regions must be at most 30 names such as eu-central-1."
  }
}

variable "trusted_roles" {
  description = "ARNs of the roles that may become these: Sallyport's functions with tools, and nobody else."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.trusted_roles) > 0 && alltrue([for arn in var.trusted_roles : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@/_-]+$", arn))])
    error_message = "trusted_roles must be ARNs of roles, without patterns."
  }
}

variable "writes" {
  description = "What may be changed: `services` are ARNs of ECS services, `taggable` ARNs (or patterns of them) of what may be tagged, `tag_keys` the only tags that may be set (all when empty). Null: there is no role for writes."
  type = object({
    services = optional(list(string), [])
    tag_keys = optional(list(string), [])
    taggable = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.writes == null || length(concat(try(var.writes.services, []), try(var.writes.taggable, []))) > 0
    error_message = "writes names services or taggable things, or is null."
  }

  validation {
    condition     = alltrue([for arn in try(var.writes.services, []) : can(regex("^arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:service/[A-Za-z0-9_-]+/([A-Za-z0-9_-]+|\\*)$", arn))])
    error_message = "writes.services must be ARNs of ECS services (…:service/<cluster>/<service>); `*` stands for all of one cluster."
  }

  validation {
    condition     = alltrue([for arn in try(var.writes.taggable, []) : can(regex("^arn:[a-z-]+:(cloudwatch|dynamodb|ec2|ecr|ecs|elasticache|elasticloadbalancing|events|lambda|logs|rds|s3|sns|sqs):", arn))])
    error_message = "writes.taggable must be ARNs that begin with a service whose things may be tagged; roles and keys are not among them."
  }
}
