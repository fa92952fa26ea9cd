# What refreshing the service root's state reads. Both of GitHub's roles have it. It reaches configuration, never what is kept: no secret's
# value, no record, no log line.

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "ServiceState"
    actions   = ["s3:GetObject"]
    resources = ["${module.state.arn}/service.tfstate"]
  }

  statement {
    sid     = "Buckets"
    actions = ["s3:ListBucket"]
    # Without it S3 answers "forbidden" for an object that is only missing.
    resources = [module.state.arn, module.truststore.arn]
  }

  statement {
    sid       = "Truststore"
    actions   = ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:GetObjectVersionTagging"]
    resources = [module.truststore.object_arn]
  }

  statement {
    sid       = "Keys"
    actions   = ["kms:DescribeKey"]
    resources = [for key in aws_kms_key.this : key.arn]
  }

  statement {
    sid = "Lists"
    actions = [
      "acm:ListCertificates",
      "cloudtrail:DescribeTrails",
      "cloudwatch:DescribeAlarms",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeVpcs",
      "kms:ListAliases",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "sns:GetSubscriptionAttributes",
      "ssm:DescribeParameters",
    ]
    # AWS knows no resources for these; they tell names and settings, of parameters also whether one was ever written.
    resources = ["*"]
  }

  statement {
    sid = "Functions"
    actions = [
      "lambda:GetAlias",
      "lambda:GetFunction",
      "lambda:GetFunctionCodeSigningConfig",
      "lambda:GetFunctionConcurrency",
      "lambda:GetFunctionConfiguration",
      "lambda:GetFunctionEventInvokeConfig",
      "lambda:GetFunctionUrlConfig",
      "lambda:GetPolicy",
      "lambda:ListTags",
      "lambda:ListVersionsByFunction",
    ]
    resources = local.named.functions
  }

  statement {
    sid       = "QueueReaders"
    actions   = ["lambda:GetEventSourceMapping", "lambda:ListTags"]
    resources = local.named.queue_readers
  }

  statement {
    sid       = "Stacks"
    actions   = ["cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResources", "cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
    resources = local.named.stacks
  }

  statement {
    sid = "Roles"
    actions = [
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListInstanceProfilesForRole",
      "iam:ListRolePolicies",
      "iam:ListRoleTags",
    ]
    resources = local.named.roles
  }

  statement {
    sid       = "LogGroups"
    actions   = ["logs:DescribeMetricFilters", "logs:ListTagsForResource"]
    resources = local.named.log_groups
  }

  statement {
    sid       = "Tables"
    actions   = ["dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource"]
    resources = local.named.tables
  }

  statement {
    sid       = "Queues"
    actions   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"]
    resources = local.named.queues
  }

  statement {
    sid       = "Topics"
    actions   = ["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"]
    resources = local.named.topics
  }

  statement {
    sid       = "Schedules"
    actions   = ["scheduler:GetSchedule", "scheduler:GetScheduleGroup", "scheduler:ListTagsForResource"]
    resources = local.named.schedules
  }

  statement {
    sid       = "Rules"
    actions   = ["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"]
    resources = local.named.rules
  }

  statement {
    sid       = "AlarmsAndDashboards"
    actions   = ["cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"]
    resources = local.named.alarms
  }

  statement {
    sid       = "Trail"
    actions   = ["cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors", "cloudtrail:GetTrail", "cloudtrail:GetTrailStatus", "cloudtrail:ListTags"]
    resources = local.named.trails
  }

  statement {
    sid = "TrailsBucket"
    actions = [
      "s3:GetAccelerateConfiguration",
      # `*`: each setting of a bucket has an action of its own, and Terraform reads them all. None reads an object.
      "s3:GetBucket*",
      "s3:GetEncryptionConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
      "s3:ListTagsForResource",
    ]
    resources = local.named.trail_buckets
  }

  statement {
    sid       = "Apis"
    actions   = ["apigateway:GET"]
    resources = local.named.apis
  }

  statement {
    sid       = "Certificates"
    actions   = ["acm:DescribeCertificate", "acm:ListTagsForCertificate"]
    resources = local.named.certificates
  }

  dynamic "statement" {
    for_each = var.dns[*]

    content {
      sid       = "Names"
      actions   = ["route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:ListTagsForResource"]
      resources = ["arn:${local.partition}:route53:::hostedzone/${statement.value.zone_id}"]
    }
  }

  dynamic "statement" {
    for_each = var.edge ? [1] : []

    content {
      sid = "Edge"
      actions = [
        "cloudfront:DescribeFunction",
        "cloudfront:DescribeKeyValueStore",
        "cloudfront:GetDistribution",
        "cloudfront:GetFunction",
        "cloudfront:GetResponseHeadersPolicy",
        "cloudfront:ListTagsForResource",
        "logs:ListTagsForResource",
        "wafv2:GetLoggingConfiguration",
        "wafv2:GetWebACL",
        "wafv2:ListTagsForResource",
      ]
      resources = local.named.edge
    }
  }
}

locals {
  # What belongs to this environment, by name. `*` ends a name that begins with the environment's prefix, and stands for whatever the service
  # root calls its parts, and for their versions and aliases.
  named = {
    alarms = [
      "${local.arn.cloudwatch}:alarm:${local.prefix}-*",
      "arn:${local.partition}:cloudwatch::${local.account}:dashboard/${local.prefix}*",
    ]
    functions  = ["${local.arn.lambda}:function:${local.prefix}-*"]
    log_groups = local.log_group_arns
    queues     = ["${local.arn.sqs}:${local.prefix}-*"]
    roles      = ["${local.iam_arn}:role/${local.prefix}-*"]
    # AWS gives each an id for a name, whatever it hands where.
    queue_readers = ["${local.arn.lambda}:event-source-mapping:*"]
    rules         = ["${local.arn.events}:rule/${local.prefix}-*"]
    schedules     = ["${local.arn.scheduler}:schedule-group/${local.prefix}-*", "${local.arn.scheduler}:schedule/${local.prefix}-*/${local.prefix}-*"]
    # AWS ends a stack's name with an id.
    stacks = ["${local.arn.cloudformation}:stack/${local.prefix}-*/*"]
    tables = ["${local.arn.dynamodb}:table/${local.prefix}-*"]
    topics = local.topic_arns

    # CloudTrail's record of what was called, which the alarm on the authority's key hears of.
    trails        = ["${local.arn.cloudtrail}:trail/${local.prefix}-*"]
    trail_buckets = ["arn:${local.partition}:s3:::${local.prefix}-calls-${local.account}"]

    # AWS gives these their ids itself: nothing in an ARN says whose they are, so `*` stands for all of this account.
    apis = [
      for path in ["apis", "apis/*", "domainnames", "domainnames/*", "tags/*"] : "arn:${local.partition}:apigateway:${local.region}::/${path}"
    ]
    certificates = concat(
      ["${local.arn.acm}:certificate/*"],
      # CloudFront takes certificates from this region only.
      var.edge ? ["arn:${local.partition}:acm:us-east-1:${local.account}:certificate/*"] : [],
    )
    edge = [
      "arn:${local.partition}:cloudfront::${local.account}:distribution/*",
      "arn:${local.partition}:cloudfront::${local.account}:function/${local.prefix}-*",
      "arn:${local.partition}:cloudfront::${local.account}:key-value-store/*",
      "arn:${local.partition}:cloudfront::${local.account}:response-headers-policy/*",
      "arn:${local.partition}:logs:us-east-1:${local.account}:log-group:aws-waf-logs-${local.prefix}*",
      "arn:${local.partition}:wafv2:us-east-1:${local.account}:global/webacl/${local.prefix}*/*",
    ]
    # AWS names a pool itself, too: its tags say whose it is.
    user_pools = ["arn:${local.partition}:cognito-idp:${local.region}:${local.account}:userpool/*"]
    # AWS's own sets of rules, which a firewall names.
    managed_rules = ["arn:${local.partition}:wafv2:us-east-1:${local.account}:global/managedruleset/*/*"]
  }
}

resource "aws_iam_policy" "read" {
  count = local.with_github ? 1 : 0

  name        = "${local.prefix}-read"
  description = "Reads the configuration of ${local.prefix}, and nothing that is kept in it."
  policy      = data.aws_iam_policy_document.read.json
}
