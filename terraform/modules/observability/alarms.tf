# Alarms. Each says in its description what it means and which section of docs/operations.md to open.

locals {
  functions = { for name, function in var.functions : name => merge(function, { base = "${var.prefix}-${name}" }) }

  # Reasons that belong to one story, added up: an alarm for each would say the same thing six times.
  refusal_groups = merge(
    {
      break-in = {
        service   = "mcp"
        threshold = 1
        story     = "Somebody holds a part of what a call needs: a recorded request, a revoked certificate, a key, or the right to invoke the function."
        reasons = [
          "certificate_revoked", "delegation_signature", "event_of_another_api", "event_of_another_domain", "hmac_mismatch",
          "key_of_another_identity", "nonce_replayed",
        ]
      }
      store = {
        service   = "mcp"
        threshold = 1
        story     = "The store cannot be reached or its lists are old: every call is refused until it can."
        reasons = [
          "grant_store_unavailable", "keyring_unavailable", "nonce_store_unavailable", "revocations_stale", "revocations_unavailable",
          "token_store_unavailable",
        ]
      }
      keys = {
        service   = "mcp"
        threshold = 5
        story     = "An agent signs with a key that is not in force: a rotation may be out of step."
        reasons   = ["key_retired", "key_unknown"]
      }
      impersonation = {
        service   = "agent"
        threshold = 1
        story     = "An event says that AWS knows its caller, and comes from another door than the one that AWS guards: somebody invokes the function directly."
        reasons   = ["iam_not_believed"]
      }
      tools = {
        service   = "agent"
        threshold = 1
        story     = "The MCP API offers a tool that is not the one this agent was built with."
        reasons   = ["tool_hash"]
      }
    },
    var.edge ? {
      for service in ["agent", "oauth"] : "around-edge-${service}" => {
        service   = service
        threshold = 20
        story     = "Requests come around the edge, or the edge and the API hold different secrets."
        reasons   = ["origin_missing", "origin_wrong"]
      }
    } : {},
  )
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = local.functions

  alarm_name          = "${each.value.base}-errors"
  alarm_description   = "The function ended without an answer: time-out, crash or memory. docs/operations.md: a function fails."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { FunctionName = each.value.name }
  evaluation_periods  = 1
  metric_name         = "Errors"
  namespace           = "AWS/Lambda"
  period              = 300
  statistic           = "Sum"
  threshold           = 1
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  for_each = local.functions

  alarm_name          = "${each.value.base}-throttles"
  alarm_description   = "Lambda had no instance left for a request: the account's concurrency is used up. docs/operations.md: a function fails."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { FunctionName = each.value.name }
  evaluation_periods  = 1
  metric_name         = "Throttles"
  namespace           = "AWS/Lambda"
  period              = 300
  statistic           = "Sum"
  threshold           = 1
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "duration" {
  for_each = local.functions

  alarm_name          = "${each.value.base}-duration"
  alarm_description   = "One in twenty takes longer than it should, for a quarter of an hour. docs/operations.md: slow."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanThreshold"
  datapoints_to_alarm = 3
  dimensions          = { FunctionName = each.value.name }
  evaluation_periods  = 3
  extended_statistic  = "p95"
  metric_name         = "Duration"
  namespace           = "AWS/Lambda"
  period              = 300
  threshold           = each.value.p95_ms
  treat_missing_data  = "notBreaching"
  # A percentile of three calls is the slowest one.
  evaluate_low_sample_count_percentiles = "ignore"
}

resource "aws_cloudwatch_metric_alarm" "server_errors" {
  for_each = var.apis

  alarm_name          = "${var.prefix}-${each.key}-5xx"
  alarm_description   = "The API answers 5xx: a fault, or something it needs is away. docs/operations.md: a function fails."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { ApiId = each.value }
  evaluation_periods  = 1
  metric_name         = "5xx"
  namespace           = "AWS/ApiGateway"
  period              = 300
  statistic           = "Sum"
  threshold           = 3
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "url_errors" {
  for_each = toset(var.function_urls)

  alarm_name          = "${var.prefix}-${each.key}-url-5xx"
  alarm_description   = "The Function URL answers 5xx: a fault, or something the function needs is away. docs/operations.md: a function fails."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { FunctionName = local.functions[each.key].name }
  evaluation_periods  = 1
  metric_name         = "Url5xxCount"
  namespace           = "AWS/Lambda"
  period              = 300
  statistic           = "Sum"
  threshold           = 3
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "faults" {
  for_each = toset(local.services)

  alarm_name          = "${var.prefix}-${each.key}-faults"
  alarm_description   = "The log has lines of level `error`: wrong configuration, or a fault of ours. docs/operations.md: a function fails."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { environment = var.environment, service = each.key }
  evaluation_periods  = 1
  metric_name         = "LoggedFault"
  namespace           = local.namespace
  period              = 300
  statistic           = "Sum"
  threshold           = 1
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "refused" {
  # What lets nobody in refuses nobody.
  for_each = toset([for service in local.services : service if !contains(["calls", "rotate"], service)])

  alarm_name          = "${var.prefix}-${each.key}-refused"
  alarm_description   = "Far more requests are refused than usual, whatever for. The dashboard says why. docs/operations.md: many refusals."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { environment = var.environment, service = each.key }
  evaluation_periods  = 1
  metric_name         = "Refused"
  namespace           = local.namespace
  period              = 300
  statistic           = "Sum"
  threshold           = var.refused_per_5_minutes
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "refused_because" {
  for_each = local.refusal_groups

  alarm_name          = "${var.prefix}-refused-${each.key}"
  alarm_description   = "${each.value.story} Reasons: ${join(", ", each.value.reasons)}. docs/operations.md: refused, ${each.key}."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanOrEqualToThreshold"
  evaluation_periods  = 1
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "all"
    expression  = "SUM(FILL(METRICS(), 0))"
    label       = each.key
    return_data = true
  }

  dynamic "metric_query" {
    for_each = each.value.reasons

    content {
      id = "r${metric_query.key}"

      metric {
        dimensions  = { environment = var.environment, service = each.value.service, reason = metric_query.value }
        metric_name = "Refused"
        namespace   = local.namespace
        period      = 300
        stat        = "Sum"
      }
    }
  }
}

# The rotation tells at every run how long each certificate lasts; when it says nothing, nothing is being renewed.
resource "aws_cloudwatch_metric_alarm" "certificate_days" {
  for_each = var.certificate_days

  alarm_name          = "${var.prefix}-certificate-${each.key}"
  alarm_description   = "The ${each.key}'s certificate ends in fewer than ${each.value} days, or the rotation has not said for half a day. docs/operations.md: certificates."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  comparison_operator = "LessThanThreshold"
  dimensions          = { environment = var.environment, service = "rotate", certificate = each.key }
  evaluation_periods  = 2
  metric_name         = "CertificateDaysLeft"
  namespace           = local.namespace
  period              = 21600
  statistic           = "Minimum"
  threshold           = each.value
  treat_missing_data  = "breaching"
}

resource "aws_cloudwatch_metric_alarm" "rotation_failed" {
  alarm_name          = "${var.prefix}-rotation-failed"
  alarm_description   = "A run of the rotation could not do what was due. It tries again at the next; nothing has ended yet. docs/operations.md: certificates."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { environment = var.environment, service = "rotate" }
  evaluation_periods  = 1
  metric_name         = "RotationFailed"
  namespace           = local.namespace
  period              = 300
  statistic           = "Sum"
  threshold           = 1
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "queue" {
  for_each = var.queues

  alarm_name          = "${var.prefix}-queue-${each.key}"
  alarm_description   = "Something lies in the queue of what could not be done. docs/operations.md: queues."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { QueueName = each.value }
  evaluation_periods  = 1
  metric_name         = "ApproximateNumberOfMessagesVisible"
  namespace           = "AWS/SQS"
  period              = 300
  statistic           = "Maximum"
  threshold           = 1
  treat_missing_data  = "notBreaching"
}
