# Four keys, because four kinds of rights: to read a secret, to open a person's tokens, to make a certificate, to run the services. Each key's
# policy leaves it to this account's IAM who may use it, so a role's own policy tells all; `data` also serves what AWS itself encrypts for us.

locals {
  keys = {
    authority = { description = "The certificate authority's private key. Signs certificates of agents; every use raises an alarm.", signs = true }
    data      = { description = "Logs, tables, topics and queues.", signs = false }
    secrets   = { description = "Parameter Store's SecureStrings.", signs = false }
    vault     = { description = "Wraps the data keys of persons' tokens.", signs = false }
  }

  # The log groups that roles here and in `service` make, and no others.
  log_group_arns = ["${local.arn.logs}:log-group:/aws/lambda/${local.prefix}-*", "${local.arn.logs}:log-group:/aws/vendedlogs/${local.prefix}-*"]
  topic_arns     = ["${local.arn.sns}:${local.prefix}-*"]
}

resource "aws_kms_key" "this" {
  for_each = local.keys

  description              = "${local.prefix}: ${each.value.description}"
  customer_master_key_spec = each.value.signs ? "ECC_NIST_P256" : "SYMMETRIC_DEFAULT"
  deletion_window_in_days  = var.key_deletion_days
  # KMS cannot renew a signing key by itself; a new authority is the runbook's work.
  enable_key_rotation = each.value.signs ? null : true
  key_usage           = each.value.signs ? "SIGN_VERIFY" : "ENCRYPT_DECRYPT"
  policy              = each.key == "data" ? data.aws_iam_policy_document.data_key.json : data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "this" {
  for_each = local.keys

  name          = "alias/${local.prefix}-${each.key}"
  target_key_id = aws_kms_key.this[each.key].key_id
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109: in a key's policy `*` is the key, and the account is no principal that could act by this
  #checkov:skip=CKV_AWS_111: in a key's policy `*` is the key, and the account is no principal that could act by this
  #checkov:skip=CKV_AWS_356: in a key's policy `*` is the key

  statement {
    sid = "IamDecides"
    # All actions, for the account: no principal can use the key by this alone, it only lets their own policies count. Without it nobody
    # could ever change the key again.
    actions = ["kms:*"]
    # In a key's policy `*` is this key.
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["${local.iam_arn}:root"]
    }
  }
}

data "aws_iam_policy_document" "data_key" {
  source_policy_documents = [data.aws_iam_policy_document.key.json]

  statement {
    sid = "CloudWatchLogs"
    # What CloudWatch Logs documents as its needs; `*` are the forms of one operation (GenerateDataKeyWithoutPlaintext, ReEncryptFrom, …).
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = local.log_group_arns
    }
  }

  statement {
    sid       = "Alarms"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    # Only for alarms of this account, published to topics of this environment.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:sns:topicArn"
      values   = local.topic_arns
    }
  }

  statement {
    sid       = "Events"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    # EventBridge does not say for whom it comes; the topic does, and its own policy names the rule.
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:sns:topicArn"
      values   = local.topic_arns
    }
  }
}
