# What each function may do, beside its own log and traces: read its own parameters, use the vault's key where it keeps tokens, reach its
# part of the store; and the rotation, renew one document. Nothing here has a wildcard.

data "aws_iam_policy_document" "work" {
  for_each = local.functions

  source_policy_documents = compact([
    lookup(local.store_policies, lookup(local.acts_as, each.key, each.key), ""),
    lookup(local.conversation_policies, each.key, ""),
    lookup(local.job_policies, each.key, ""),
    lookup(local.call_policies, each.key, ""),
    lookup(local.model_policies, each.key, ""),
    lookup(local.aws_tools_policies, each.key, ""),
  ])

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
    for_each = contains(concat(local.runs_tools, ["oauth"]), each.key) ? [1] : []

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

  # AWS gives a URL its name when there is a function: only then can the function learn whose word on its callers to believe.
  dynamic "statement" {
    for_each = each.key == "stream" ? [1] : []

    content {
      sid       = "KnowOwnUrl"
      actions   = ["lambda:GetFunctionUrlConfig"]
      resources = [for end in ["", ":live"] : "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${local.prefix}-stream${end}"]
    }
  }

  # The one function that signs certificates, and only digests of them.
  dynamic "statement" {
    for_each = each.key == "rotate" ? [1] : []

    content {
      sid       = "SignCertificates"
      actions   = ["kms:Sign"]
      resources = [local.keys["authority"]]

      condition {
        test     = "StringEquals"
        variable = "kms:MessageType"
        values   = ["DIGEST"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:SigningAlgorithm"
        values   = ["ECDSA_SHA_256"]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "rotate" ? [1] : []

    content {
      sid       = "KnowAuthority"
      actions   = ["kms:GetPublicKey"]
      resources = [local.keys["authority"]]
    }
  }

  dynamic "statement" {
    for_each = each.key == "rotate" ? [1] : []

    content {
      sid       = "RenewCredentials"
      actions   = ["ssm:GetParameter", "ssm:PutParameter"]
      resources = [local.credentials_arn]
    }
  }

  dynamic "statement" {
    for_each = each.key == "rotate" ? [1] : []

    content {
      sid       = "SealCredentials"
      actions   = ["kms:Decrypt", "kms:Encrypt"]
      resources = [local.keys["secrets"]]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["ssm.${local.region}.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:PARAMETER_ARN"
        values   = [local.credentials_arn]
      }
    }
  }
}

locals {
  credentials_arn = "${local.parameter_arn}/${local.credentials}"

  own_parameters = {
    for name in keys(local.functions) : name => [for parameter in values(local.secrets[name]) : "${local.parameter_arn}/${parameter}"]
  }
}
