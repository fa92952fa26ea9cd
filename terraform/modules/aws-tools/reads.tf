# What the tools may read: the exact actions of their lists, split because a managed policy has 6,144 characters at most.

data "aws_iam_policy_document" "regional" {
  #checkov:skip=CKV_AWS_356: lists and descriptions of a whole account know no resources, and this role sees them all
  for_each = { for index, actions in local.actions.regional : tostring(index + 1) => actions }

  statement {
    sid     = "Reads"
    actions = each.value
    # Everything of the account: the tools are for looking around in it. No action of the lists shows a value.
    resources = ["*"]

    dynamic "condition" {
      for_each = length(var.regions) == 0 ? [] : [1]

      content {
        test     = "StringEquals"
        variable = "aws:RequestedRegion"
        values   = var.regions
      }
    }
  }
}

data "aws_iam_policy_document" "global" {
  #checkov:skip=CKV_AWS_111: nothing here writes
  #checkov:skip=CKV_AWS_356: services without regions list whole accounts; the refusals should hold for all
  statement {
    sid       = "ReadsWithoutRegion"
    actions   = local.actions.global
    resources = ["*"]
  }

  # One action reads anything there, keys of its API's users too: these paths and no others.
  dynamic "statement" {
    for_each = local.actions.paths

    content {
      sid       = "ReadsByPath"
      actions   = [statement.key]
      resources = [for path in statement.value : "arn:${local.partition}:${split(":", statement.key)[0]}:*::${path}"]
    }
  }

  # What a bucket's, a key's or a queue's own policy might give to everybody in the account, is refused here.
  statement {
    sid    = "NoValues"
    effect = "Deny"
    actions = [
      "dynamodb:BatchGetItem",
      "dynamodb:GetItem",
      "dynamodb:PartiQLSelect",
      "dynamodb:Query",
      "dynamodb:Scan",
      "ecr:GetAuthorizationToken",
      "lambda:GetFunction",
      "lambda:InvokeFunction",
      "s3:GetObject",
      "s3:GetObjectVersion",
      "sqs:ReceiveMessage",
      "ssm:GetParameter",
      "ssm:GetParameterHistory",
      "ssm:GetParameters",
      "ssm:GetParametersByPath",
      "sts:AssumeRole",
    ]
    resources = ["*"]
  }

  statement {
    sid     = "NoOtherSecrets"
    effect  = "Deny"
    actions = ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"]
    # Without any that may be read, all of them.
    resources     = length(var.readable_secrets) == 0 ? ["*"] : null
    not_resources = length(var.readable_secrets) == 0 ? null : var.readable_secrets
  }

  dynamic "statement" {
    for_each = length(var.readable_secrets) == 0 ? [] : [1]

    content {
      sid       = "TheseSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = var.readable_secrets
    }
  }

  # Under a key of one's own a secret opens for whoever may use the key, by way of Secrets Manager and for that secret alone.
  dynamic "statement" {
    for_each = length(var.readable_secrets) == 0 ? [] : [1]

    content {
      sid       = "OpenTheseSecrets"
      actions   = ["kms:Decrypt"]
      resources = ["arn:${local.partition}:kms:*:${local.account}:key/*"]

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = ["secretsmanager.*.amazonaws.com"]
      }

      condition {
        test     = "StringLike"
        variable = "kms:EncryptionContext:SecretARN"
        values   = var.readable_secrets
      }
    }
  }
}

resource "aws_iam_policy" "regional" {
  for_each = data.aws_iam_policy_document.regional

  name        = "${var.prefix}-aws-reads-${each.key}"
  description = "A part of what ${var.prefix}'s AWS tools read."
  policy      = each.value.json
}

resource "aws_iam_policy" "global" {
  name        = "${var.prefix}-aws-reads-global"
  description = "What ${var.prefix}'s AWS tools read that has no region, and what they never may."
  policy      = data.aws_iam_policy_document.global.json
}

resource "aws_iam_role_policy_attachment" "regional" {
  for_each = aws_iam_policy.regional

  policy_arn = each.value.arn
  role       = aws_iam_role.reads.name
}

resource "aws_iam_role_policy_attachment" "global" {
  policy_arn = aws_iam_policy.global.arn
  role       = aws_iam_role.reads.name
}
