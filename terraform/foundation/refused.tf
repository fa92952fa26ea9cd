# What neither of GitHub's roles can do, whatever else is attached to them.

data "aws_iam_policy_document" "refused" {
  for_each = local.github_roles

  # Neither role ever needs a value, and a plan of a pull request is anybody's code.
  statement {
    sid       = "NoSecretValues"
    effect    = "Deny"
    actions   = ["ssm:GetParameter*"]
    resources = ["*"]
  }

  statement {
    sid       = "NoUseOfSecretKeys"
    effect    = "Deny"
    actions   = ["kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:Sign"]
    resources = [for name in ["authority", "secrets", "vault"] : aws_kms_key.this[name].arn]
  }

  # A role's trust policy may let another role of the account in without that one's own policies: whoever writes trust, as the deployment
  # does for the functions' roles, would become a function, for which these refusals do not hold.
  statement {
    sid       = "NoOtherRole"
    effect    = "Deny"
    actions   = ["sts:AssumeRole"]
    resources = ["*"]
  }

  statement {
    sid       = "NoRecordsOrLogLines"
    effect    = "Deny"
    actions   = ["dynamodb:*Item", "dynamodb:PartiQL*", "dynamodb:Query", "dynamodb:Scan", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"]
    resources = ["*"]
  }

  # What the operator applied: the roles themselves, the boundary, GitHub's provider, keys, buckets and the other root's state.
  statement {
    sid    = "FoundationStands"
    effect = "Deny"
    # All but looking.
    not_actions = ["iam:Get*", "iam:List*"]
    resources = concat(
      ["${local.iam_arn}:role/${local.prefix}-deploy", "${local.iam_arn}:role/${local.prefix}-plan", local.provider_arn],
      [for name in ["boundary", "deploy-*", "read", "read-*", "aws-reads*", "aws-writes"] : "${local.iam_arn}:policy/${local.prefix}-${name}"],
      [for name in ["aws-reads", "aws-writes"] : "${local.iam_arn}:role/${local.prefix}-${name}"],
    )
  }

  statement {
    sid       = "BoundariesStay"
    effect    = "Deny"
    actions   = ["iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:DeleteRolePermissionsBoundary"]
    resources = ["*"]
  }

  statement {
    sid    = "KeysStand"
    effect = "Deny"
    actions = [
      "kms:DeleteAlias",
      "kms:DisableKey",
      "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion",
      "kms:UpdateAlias",
    ]
    resources = concat([for key in aws_kms_key.this : key.arn], [for alias in aws_kms_alias.this : alias.arn])
  }

  statement {
    sid       = "TruststoreStands"
    effect    = "Deny"
    actions   = ["s3:Delete*", "s3:Put*"]
    resources = [module.truststore.arn, "${module.truststore.arn}/*"]
  }

  statement {
    sid    = "RecordsOfCallsStand"
    effect = "Deny"
    actions = [
      "cloudtrail:DeleteTrail",
      "cloudtrail:PutEventSelectors",
      "cloudtrail:StopLogging",
      "cloudtrail:UpdateTrail",
      "s3:DeleteBucket",
      "s3:DeleteObject",
      "s3:DeleteObjectVersion",
    ]
    resources = concat(local.named.trails, local.named.trail_buckets, [for arn in local.named.trail_buckets : "${arn}/*"])
  }

  # What tells of a use of the authority's key: no deployment takes it away, only an operator's `destroy`.
  statement {
    sid    = "AuthorityIsWatched"
    effect = "Deny"
    actions = [
      "cloudwatch:DeleteAlarms",
      "cloudwatch:DisableAlarmActions",
      "events:DeleteRule",
      "events:DisableRule",
      "events:RemoveTargets",
      "sns:DeleteTopic",
    ]
    resources = [
      "${local.arn.cloudwatch}:alarm:${local.prefix}-authority-untold",
      "${local.arn.cloudwatch}:alarm:${local.prefix}-authority-used",
      "${local.arn.events}:rule/${local.prefix}-authority",
      "${local.arn.sns}:${local.prefix}-alarms",
    ]
  }

  statement {
    sid       = "OtherStatesStand"
    effect    = "Deny"
    actions   = ["s3:Delete*", "s3:Get*", "s3:Put*"]
    resources = ["${module.state.arn}/foundation.tfstate*"]
  }

  # Plan: state is read without a lock (`-lock=false`), and nothing is written anywhere.
  dynamic "statement" {
    for_each = each.key == "plan" ? [1] : []

    content {
      sid       = "NoWrites"
      effect    = "Deny"
      actions   = ["dynamodb:Put*", "iam:Create*", "iam:PassRole", "iam:Put*", "lambda:Create*", "lambda:Invoke*", "lambda:Update*", "s3:Delete*", "s3:Put*", "ssm:Put*"]
      resources = ["*"]
    }
  }
}
