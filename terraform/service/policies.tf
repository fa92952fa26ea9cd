# What each function may do, beside its own log and traces: read its own parameters, use the vault's key where it keeps tokens, and its
# part of the store. Nothing here has a wildcard.

data "aws_iam_policy_document" "work" {
  for_each = local.functions

  source_policy_documents = compact([lookup(local.store_policies, each.key, "")])

  statement {
    sid       = "OwnParameters"
    actions   = ["ssm:GetParameters"]
    resources = local.own_parameters[each.key]
  }

  # Only through Parameter Store, and only for these parameters: it names each one in the encryption context.
  statement {
    sid       = "OpenOwnParameters"
    actions   = ["kms:Decrypt"]
    resources = [local.keys["secrets"]]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["ssm.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:PARAMETER_ARN"
      values   = local.own_parameters[each.key]
    }
  }

  # Data keys of the vault. The environment in the context keeps those of another one shut, even under a shared key.
  dynamic "statement" {
    for_each = contains(["mcp", "mcp-key", "oauth"], each.key) ? [1] : []

    content {
      sid       = "Vault"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [local.keys["vault"]]

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:environment"
        values   = [var.environment]
      }
    }
  }
}

locals {
  own_parameters = {
    for name in keys(local.functions) : name => [for parameter in values(local.secrets[name]) : "${local.parameter_arn}/${parameter}"]
  }
}
