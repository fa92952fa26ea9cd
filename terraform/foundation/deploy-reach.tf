# What applying the service root changes of how it is reached and watched: APIs, names, certificates, alarms; with `edge`, CloudFront.

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
    sid     = "NewCertificates"
    actions = ["acm:RequestCertificate"]
    # A certificate that is only asked for has no name yet.
    resources = ["*"]

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

    # For the environment's own names, where they are known here.
    dynamic "condition" {
      for_each = var.dns[*]

      content {
        test     = "ForAllValues:StringLike"
        variable = "acm:DomainNames"
        values   = ["*.${condition.value.domain}"]
      }
    }
  }

  statement {
    sid       = "TagCertificates"
    actions   = ["acm:AddTagsToCertificate"]
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

  # The record of what was called can be begun, and neither stopped, led elsewhere nor deleted: that is an operator's, as is any change of a
  # trail. How it is kept can be said once: the bucket's own policy, set last, refuses this role every later change (modules/observability).
  statement {
    sid       = "Trail"
    actions   = ["cloudtrail:AddTags", "cloudtrail:CreateTrail", "cloudtrail:RemoveTags", "cloudtrail:StartLogging"]
    resources = local.named.trails
  }

  statement {
    sid = "TrailsBucket"
    actions = [
      "s3:CreateBucket",
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketPolicy",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketTagging",
      "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:TagResource",
      "s3:UntagResource",
    ]
    resources = local.named.trail_buckets
  }

  # The rule on the authority can be made and made anew, not taken away (refused.tf). IAM cannot tell a rule that says what it should from
  # one that says nothing, so a change here is noticed, not prevented: docs/iam.md.
  statement {
    sid       = "Rules"
    actions   = ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource"]
    resources = local.named.rules
  }
}

data "aws_iam_policy_document" "deploy_edge" {
  statement {
    sid = "Edge"
    actions = [
      "cloudfront:CreateDistribution",
      "cloudfront:CreateFunction",
      "cloudfront:CreateKeyValueStore",
      "cloudfront:CreateResponseHeadersPolicy",
      "cloudfront:DeleteDistribution",
      "cloudfront:DeleteFunction",
      "cloudfront:DeleteKeyValueStore",
      "cloudfront:DeleteResponseHeadersPolicy",
      "cloudfront:PublishFunction",
      "cloudfront:TagResource",
      "cloudfront:UntagResource",
      "cloudfront:UpdateDistribution",
      "cloudfront:UpdateFunction",
      "cloudfront:UpdateKeyValueStore",
      "cloudfront:UpdateResponseHeadersPolicy",
      "logs:CreateLogGroup",
      "logs:DeleteLogGroup",
      "logs:PutRetentionPolicy",
      "logs:TagResource",
      "logs:UntagResource",
      "wafv2:DeleteLoggingConfiguration",
      "wafv2:DeleteWebACL",
      "wafv2:PutLoggingConfiguration",
      "wafv2:TagResource",
      "wafv2:UntagResource",
    ]
    resources = local.named.edge
  }

  statement {
    sid       = "Firewall"
    actions   = ["wafv2:CreateWebACL", "wafv2:UpdateWebACL"]
    resources = concat(local.named.edge, local.named.managed_rules)
  }
}
