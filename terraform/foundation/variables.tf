variable "account_id" {
  description = "The AWS account this environment lives in. Given, Terraform refuses credentials of any other; left out, it takes the one of the credentials."
  type        = string
  default     = null

  validation {
    condition     = var.account_id == null || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is the account's twelve digits."
  }
}

variable "aws" {
  description = "What the AWS tools may act on: `accounts` are roles in other accounts, by name; `regions` those that may be read (all when empty); `readable_secrets` and `writes` as terraform/modules/aws-tools has them. Null: there are no such roles, and no function may take any."
  type = object({
    accounts         = optional(map(string), {})
    readable_secrets = optional(list(string), [])
    regions          = optional(list(string), [])
    writes = optional(object({
      services = optional(list(string), [])
      tag_keys = optional(list(string), [])
      taggable = optional(list(string), [])
    }))
  })
  default = null

  validation {
    condition = alltrue([
      for name, arn in try(var.aws.accounts, {}) :
      can(regex("^[a-z][a-z0-9-]{0,31}$", name)) && can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@/_-]{1,200}$", arn))
    ])
    error_message = "aws.accounts is a map of short names to ARNs of roles, without patterns."
  }
}

variable "cognito" {
  description = "Whether the deployment may set up a Cognito user pool, for a service root whose `oauth_door` has one."
  type        = bool
  default     = false
  nullable    = false
}

variable "disposable" {
  description = "Whether `terraform destroy` may delete the buckets with all that is in them. Never in prod."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !(var.disposable && var.environment == "prod")
    error_message = "disposable may not be set in prod: its state and truststore are emptied by a person first."
  }
}

variable "dns" {
  description = "The hosted zone of Route 53 and the domain in it, as the service root has them: the deployment may change names below the domain, and no others. Null: it may change none."
  type = object({
    domain  = string
    zone_id = string
  })
  default = null

  validation {
    condition     = var.dns == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.dns.domain))
    error_message = "dns.domain is a DNS name in lower case, such as dev.sallyport.example.com."
  }

  validation {
    condition     = var.dns == null || can(regex("^Z[A-Z0-9]{1,31}$", var.dns.zone_id))
    error_message = "dns.zone_id is the id of a hosted zone (Z…)."
  }
}

variable "edge" {
  description = "Whether the deployment may set up CloudFront and its firewall, for a service root with `edge`."
  type        = bool
  default     = false
  nullable    = false
}

variable "environment" {
  description = "Which environment this is. Every name starts with `sallyport-<environment>`."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "gamma", "prod"], var.environment)
    error_message = "environment is dev, gamma or prod."
  }
}

variable "github" {
  description = "The repository whose workflows deploy (`owner/name`), its owner's and its own numeric id (`gh api repos/OWNER/NAME --jq '.owner.id, .id'`), the branch that is looked at for drift, and GitHub's provider where the account has one. Null: nobody deploys from GitHub."
  type = object({
    repository    = string
    branch        = optional(string, "main")
    owner_id      = optional(string)
    provider_arn  = optional(string)
    repository_id = optional(string)
  })
  default = null

  validation {
    condition     = var.github == null || can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$", var.github.repository))
    error_message = "github.repository is owner/name, without patterns."
  }

  validation {
    condition     = var.github == null || can(regex("^[A-Za-z0-9._/-]{1,200}$", var.github.branch))
    error_message = "github.branch is the name of one branch, without patterns."
  }

  validation {
    condition     = var.github == null || (try(var.github.owner_id, null) == null) == (try(var.github.repository_id, null) == null)
    error_message = "github.owner_id and github.repository_id go together."
  }

  validation {
    condition = var.github == null || alltrue([
      for id in [try(var.github.owner_id, null), try(var.github.repository_id, null)] : id == null || can(regex("^[0-9]{1,20}$", id))
    ])
    error_message = "github.owner_id and github.repository_id are numbers."
  }

  validation {
    condition = (
      var.github == null || try(var.github.provider_arn, null) == null ||
      can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.github.provider_arn))
    )
    error_message = "github.provider_arn is the ARN of the account's provider for token.actions.githubusercontent.com."
  }
}

variable "key_deletion_days" {
  description = "How long a deleted key can still be rescued. What it encrypted is lost after that."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.key_deletion_days >= 7 && var.key_deletion_days <= 30 && floor(var.key_deletion_days) == var.key_deletion_days
    error_message = "key_deletion_days is a whole number from 7 to 30."
  }

  validation {
    condition     = var.environment != "prod" || var.key_deletion_days == 30
    error_message = "key_deletion_days is 30 in prod."
  }
}
