# What applying the service root changes, beside what it reads. `run` is what runs and what it is told; `reach` is how it is reached.

data "aws_iam_policy_document" "deploy_run" {
  statement {
    sid       = "ServiceState"
    actions   = ["s3:PutObject"]
    resources = ["${module.state.arn}/service.tfstate"]
  }

  # The lock is an object beside the state; the state itself can be overwritten (every version stays), never deleted.
  statement {
    sid       = "ServiceLock"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${module.state.arn}/service.tfstate.tflock"]
  }

  statement {
    sid = "Functions"
    actions = [
      "lambda:AddPermission",
      "lambda:CreateAlias",
      "lambda:CreateFunction",
      "lambda:DeleteAlias",
      "lambda:DeleteFunction",
      "lambda:DeleteFunctionConcurrency",
      "lambda:DeleteFunctionEventInvokeConfig",
      "lambda:PublishVersion",
      "lambda:PutFunctionConcurrency",
      "lambda:PutFunctionEventInvokeConfig",
      "lambda:RemovePermission",
      "lambda:TagResource",
      "lambda:UntagResource",
      "lambda:UpdateAlias",
      "lambda:UpdateFunctionCode",
      "lambda:UpdateFunctionConfiguration",
      "lambda:UpdateFunctionEventInvokeConfig",
    ]
    resources = local.named.functions
  }

  # Rights are given only to roles that have the boundary.
  statement {
    sid       = "RolesWithBoundary"
    actions   = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = local.named.roles

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [aws_iam_policy.boundary.arn]
    }
  }

  statement {
    sid       = "Roles"
    actions   = ["iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"]
    resources = local.named.roles
  }

  statement {
    sid       = "HandRolesOver"
    actions   = ["iam:PassRole"]
    resources = local.named.roles

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["lambda.amazonaws.com", "scheduler.amazonaws.com"]
    }
  }

  statement {
    sid = "LogGroups"
    actions = [
      "logs:AssociateKmsKey",
      "logs:CreateLogGroup",
      "logs:DeleteLogGroup",
      "logs:DeleteMetricFilter",
      "logs:DeleteRetentionPolicy",
      "logs:PutMetricFilter",
      "logs:PutRetentionPolicy",
      "logs:TagResource",
      "logs:UntagResource",
    ]
    resources = local.named.log_groups
  }

  statement {
    sid = "Tables"
    actions = [
      "dynamodb:CreateTable",
      "dynamodb:DeleteTable",
      "dynamodb:TagResource",
      "dynamodb:UntagResource",
      "dynamodb:UpdateContinuousBackups",
      "dynamodb:UpdateTable",
      "dynamodb:UpdateTimeToLive",
    ]
    resources = local.named.tables
  }

  # DynamoDB encrypts a table with the rights of whoever makes it, and keeps them by a grant.
  statement {
    sid     = "SealTables"
    actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    # `*` above: the forms of one operation, as DynamoDB documents its needs.
    resources = [aws_kms_key.this["data"].arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${local.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "SealTablesLater"
    actions   = ["kms:CreateGrant"]
    resources = [aws_kms_key.this["data"].arn]

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${local.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "Queues"
    actions   = ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"]
    resources = local.named.queues
  }

  statement {
    sid = "Schedules"
    actions = [
      "scheduler:CreateSchedule",
      "scheduler:CreateScheduleGroup",
      "scheduler:DeleteSchedule",
      "scheduler:DeleteScheduleGroup",
      "scheduler:TagResource",
      "scheduler:UntagResource",
      "scheduler:UpdateSchedule",
    ]
    resources = local.named.schedules
  }
}

data "aws_iam_policy_document" "deploy_reach" {
  statement {
    sid = "Apis"
    actions = [
      "apigateway:DELETE",
      "apigateway:PATCH",
      "apigateway:POST",
      "apigateway:PUT",
      # Client certificates are asked for by a right of its own.
      "apigateway:AddCertificateToDomain",
      "apigateway:RemoveCertificateFromDomain",
    ]
    resources = local.named.apis
  }

  # API Gateway makes its own role in an account that has none yet.
  statement {
    sid     = "ApiGatewaysOwnRole"
    actions = ["iam:CreateServiceLinkedRole"]
    # `*`: AWS ends the name.
    resources = ["${local.iam_arn}:role/aws-service-role/ops.apigateway.amazonaws.com/*"]

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values   = ["ops.apigateway.amazonaws.com"]
    }
  }

  statement {
    sid = "AccessLogs"
    actions = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ]
    # A stage with an access log needs these of whoever sets it up, and they know no resources.
    resources = ["*"]
  }

  statement {
    sid       = "NewCertificates"
    actions   = ["acm:AddTagsToCertificate", "acm:RequestCertificate"]
    resources = local.named.certificates

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/application"
      values   = ["sallyport"]
    }
  }

  statement {
    sid       = "OwnCertificates"
    actions   = ["acm:DeleteCertificate", "acm:RemoveTagsFromCertificate"]
    resources = local.named.certificates

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/application"
      values   = ["sallyport"]
    }
  }

  dynamic "statement" {
    for_each = var.dns[*]

    content {
      sid       = "Names"
      actions   = ["route53:ChangeResourceRecordSets"]
      resources = ["arn:${local.partition}:route53:::hostedzone/${statement.value.zone_id}"]

      # The environment's own names in a zone that may have others.
      condition {
        test     = "ForAllValues:StringLike"
        variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
        values   = ["*.${statement.value.domain}"]
      }

      condition {
        test     = "Null"
        variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
        values   = ["false"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.dns[*]

    content {
      sid     = "NamesDone"
      actions = ["route53:GetChange"]
      # Changes have no owner; their ids are known to whoever made them.
      resources = ["arn:${local.partition}:route53:::change/*"]
    }
  }

  statement {
    sid = "AlarmsAndDashboards"
    actions = [
      "cloudwatch:DeleteAlarms",
      "cloudwatch:DeleteDashboards",
      "cloudwatch:PutDashboard",
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:TagResource",
      "cloudwatch:UntagResource",
    ]
    resources = local.named.alarms
  }

  statement {
    sid = "Topics"
    actions = [
      "sns:CreateTopic",
      "sns:DeleteTopic",
      "sns:SetTopicAttributes",
      "sns:Subscribe",
      "sns:TagResource",
      "sns:UntagResource",
    ]
    resources = local.named.topics
  }

  statement {
    sid     = "Subscriptions"
    actions = ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"]
    # SNS knows no resources for these.
    resources = ["*"]
  }

  statement {
    sid       = "Rules"
    actions   = ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource"]
    resources = local.named.rules
  }

  dynamic "statement" {
    for_each = var.edge ? [1] : []

    content {
      sid = "Edge"
      actions = [
        "cloudfront:CreateDistribution",
        "cloudfront:DeleteDistribution",
        "cloudfront:TagResource",
        "cloudfront:UntagResource",
        "cloudfront:UpdateDistribution",
        "wafv2:CreateWebACL",
        "wafv2:DeleteWebACL",
        "wafv2:TagResource",
        "wafv2:UntagResource",
        "wafv2:UpdateWebACL",
      ]
      resources = local.named.edge
    }
  }
}

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
      [for name in ["boundary", "deploy-*", "read"] : "${local.iam_arn}:policy/${local.prefix}-${name}"],
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

locals {
  deploy_policies = {
    run   = data.aws_iam_policy_document.deploy_run.json
    reach = data.aws_iam_policy_document.deploy_reach.json
  }
}

resource "aws_iam_policy" "deploy" {
  for_each = local.with_github ? local.deploy_policies : {}

  name        = "${local.prefix}-deploy-${each.key}"
  description = "Changes what the service root of ${local.prefix} owns (${each.key})."
  policy      = each.value
}
