# One environment of Sallyport: everything but keys, secrets, the truststore and the deployer's roles, which `terraform/foundation` owns.
# They are found here by name, never through the foundation's state, which this root's role may not read.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# Rights on a key are granted by its ARN; the alias only says which key it is.
data "aws_kms_alias" "foundation" {
  for_each = toset(["authority", "data", "secrets", "vault"])

  name = "alias/${local.prefix}-${each.key}"
}

# What is pinned is the version that lies there at this apply: a new truststore takes effect by the next.
data "aws_s3_object" "truststore" {
  bucket = local.truststore_bucket
  key    = local.truststore_key

  lifecycle {
    postcondition {
      condition     = !contains(["", "null"], coalesce(self.version_id, "null"))
      error_message = "The truststore's bucket keeps no versions, so none can be pinned: apply terraform/foundation."
    }

    # The provider reads an object's text only where its type says that it is text.
    postcondition {
      condition     = strcontains(coalesce(self.body, "-"), "-----BEGIN CERTIFICATE-----")
      error_message = "The truststore holds no certificate, or does not lie there as text/plain: run `make certs`."
    }
  }
}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  prefix    = "sallyport-${var.environment}"
  # `name` became `region` with version 6 of the provider; the identifier has both.
  region = data.aws_region.current.id

  boundary_arn      = "arn:${local.partition}:iam::${local.account}:policy/${local.prefix}-boundary"
  parameter_arn     = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter/sallyport/${var.environment}"
  truststore_bucket = "${local.prefix}-truststore-${local.account}"
  truststore_key    = "truststore.pem"

  keys = { for name, alias in data.aws_kms_alias.foundation : name => alias.target_key_arn }

  # Which names there are. The key door and the OAuth door are there only where they are wanted.
  hosts = merge(
    { for name in ["agent", "mcp", "oauth"] : name => "${name}.${var.domain}" },
    var.key_door ? { mcp-key = "key.${var.domain}" } : {},
    var.oauth_door == null ? {} : { mcp-oauth = "tools.${var.domain}" },
  )
  urls = { for name, host in local.hosts : name => "https://${host}" }
}
