# Who is told, and of what: one topic, alarms (alarms.tf, authority.tf), a dashboard (dashboard.tf). docs/metrics.md lists every metric.
# The code counts in its own log lines (embedded metric format); a metric filter is here only for what it does not count: lines of faults.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  # As the code names them: src/adapters/log/metrics.ts. A test reads both.
  namespace = "Sallyport"
  # The functions' own names of themselves. Both doors of the MCP API call themselves `mcp`.
  services = sort(distinct(values(var.functions)[*].service))

  topic_arn = "arn:${local.partition}:sns:${local.region}:${local.account}:${var.prefix}-alarms"
  rule_arn  = "arn:${local.partition}:events:${local.region}:${local.account}:rule/${var.prefix}-authority"
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.prefix}-alarms"
  kms_master_key_id = var.data_key_arn
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "Alarms"
    actions   = ["sns:Publish"]
    resources = [local.topic_arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      # This environment's alarms.
      values = ["arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${var.prefix}-*"]
    }
  }

  statement {
    sid       = "UseOfTheAuthority"
    actions   = ["sns:Publish"]
    resources = [local.topic_arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.rule_arn]
    }
  }

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [local.topic_arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.topic.json
}

# Each address gets a mail with a link first; until it is followed, nothing is sent there.
resource "aws_sns_topic_subscription" "email" {
  for_each = var.emails

  endpoint  = each.value
  protocol  = "email"
  topic_arn = aws_sns_topic.alarms.arn
}

# A fault that the code answers for (a 500 with a request id) is no error to Lambda: its log line is what tells.
resource "aws_cloudwatch_log_metric_filter" "faults" {
  for_each = var.functions

  name           = "${var.prefix}-${each.key}-faults"
  log_group_name = each.value.log_group
  pattern        = "{ $.level = \"error\" }"

  metric_transformation {
    dimensions = { environment = "$.environment", service = "$.service" }
    name       = "LoggedFault"
    namespace  = local.namespace
    unit       = "Count"
    value      = "1"
  }
}
