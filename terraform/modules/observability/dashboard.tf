# One page: is it up, who is refused and why, what is being done, how long certificates last, what lies in queues.

locals {
  function_names = [for function in var.functions : function.name]

  # Searches find metrics when they first appear: a new reason needs no change here.
  searches = {
    refused = "SEARCH('{${local.namespace},environment,service,reason} MetricName=\"Refused\" environment=\"${var.environment}\"', 'Sum', 300)"
    tools   = "SEARCH('{${local.namespace},environment,service,tool,outcome} MetricName=\"ToolCall\" environment=\"${var.environment}\"', 'Sum', 300)"
    turns   = "SEARCH('{${local.namespace},environment,service,status} MetricName=\"Turn\" environment=\"${var.environment}\"', 'Sum', 300)"
    jobs    = "SEARCH('{${local.namespace},environment,service,kind,outcome} MetricName=\"Job\" environment=\"${var.environment}\"', 'Sum', 300)"
    tokens  = "SEARCH('{${local.namespace},environment,service,model,kind} MetricName=\"ModelTokens\" environment=\"${var.environment}\"', 'Sum', 300)"
    cost    = "SEARCH('{${local.namespace},environment,service,model} MetricName=\"ModelCost\" environment=\"${var.environment}\"', 'Sum', 300)"
  }

  graphs = concat(
    [
      {
        title   = "Invocations"
        metrics = [for name in local.function_names : ["AWS/Lambda", "Invocations", "FunctionName", name, { stat = "Sum" }]]
      },
      {
        title = "Errors and throttles"
        metrics = concat(
          [for name in local.function_names : ["AWS/Lambda", "Errors", "FunctionName", name, { stat = "Sum" }]],
          [for name in local.function_names : ["AWS/Lambda", "Throttles", "FunctionName", name, { stat = "Sum" }]],
        )
      },
      {
        title   = "Duration, 95 of 100 (ms)"
        metrics = [for name in local.function_names : ["AWS/Lambda", "Duration", "FunctionName", name, { stat = "p95" }]]
      },
      {
        title = "Answers 4xx and 5xx"
        metrics = concat(
          [for name, id in var.apis : ["AWS/ApiGateway", "4xx", "ApiId", id, { stat = "Sum", label = "${name} 4xx" }]],
          [for name, id in var.apis : ["AWS/ApiGateway", "5xx", "ApiId", id, { stat = "Sum", label = "${name} 5xx" }]],
        )
      },
      { title = "Refused, by reason", metrics = [[{ expression = local.searches.refused, id = "refused" }]] },
      { title = "Tool calls, by outcome", metrics = [[{ expression = local.searches.tools, id = "tools" }]] },
      { title = "Turns, by how they ended", metrics = [[{ expression = local.searches.turns, id = "turns" }]] },
      { title = "Jobs, by how they ended", metrics = [[{ expression = local.searches.jobs, id = "jobs" }]] },
      { title = "Models: tokens", metrics = [[{ expression = local.searches.tokens, id = "tokens" }]] },
      { title = "Models: cost", metrics = [[{ expression = local.searches.cost, id = "cost" }]] },
      {
        title = "Days until certificates end"
        metrics = [for name in keys(var.certificate_days) : [
          local.namespace, "CertificateDaysLeft", "environment", var.environment, "service", "rotate", "certificate", name, { stat = "Minimum" },
        ]]
      },
      {
        title = "Faults, failed rotations, use of the authority"
        metrics = concat(
          [for service in local.services : [local.namespace, "LoggedFault", "environment", var.environment, "service", service, { stat = "Sum" }]],
          [
            [local.namespace, "RotationFailed", "environment", var.environment, "service", "rotate", { stat = "Sum" }],
            ["AWS/Events", "TriggeredRules", "RuleName", aws_cloudwatch_event_rule.authority.name, { stat = "Sum" }],
          ],
        )
      },
      {
        title   = "Queues of what could not be done"
        metrics = [for name in values(var.queues) : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, { stat = "Maximum" }]]
      },
    ],
    length(var.tables) == 0 ? [] : [{
      title = "Tables: capacity used, requests throttled"
      metrics = concat([
        for metric in ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"] :
        [for table in var.tables : ["AWS/DynamoDB", metric, "TableName", table, { stat = "Sum" }]]
      ]...)
    }],
    var.edge ? [{
      title = "Stopped by the firewall"
      # Its metrics are counted in us-east-1.
      region = "us-east-1"
      metrics = [
        ["AWS/WAFV2", "BlockedRequests", "WebACL", var.prefix, "Rule", "ALL", { stat = "Sum" }],
        ["AWS/WAFV2", "AllowedRequests", "WebACL", var.prefix, "Rule", "ALL", { stat = "Sum" }],
      ]
    }] : [],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.prefix
  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type   = "alarm"
        x      = 0
        y      = 0
        width  = 24
        height = 4
        properties = {
          title  = "${var.prefix}: alarms"
          alarms = local.alarm_arns
        }
      }],
      [for index, graph in local.graphs : {
        type   = "metric"
        x      = 8 * (index % 3)
        y      = 4 + 6 * floor(index / 3)
        width  = 8
        height = 6
        properties = {
          title   = graph.title
          region  = lookup(graph, "region", local.region)
          view    = "timeSeries"
          stacked = false
          period  = 300
          metrics = graph.metrics
        }
      }],
    )
  })
}

locals {
  # Written out: the alarms' own attribute would make the page known only after they are made.
  alarm_arns = [for name in local.alarm_names : "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${name}"]
  alarm_names = concat(
    values(aws_cloudwatch_metric_alarm.errors)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.throttles)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.duration)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.server_errors)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.url_errors)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.faults)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.refused)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.refused_because)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.certificate_days)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.queue)[*].alarm_name,
    [
      aws_cloudwatch_metric_alarm.rotation_failed.alarm_name,
      aws_cloudwatch_metric_alarm.authority_used.alarm_name,
      aws_cloudwatch_metric_alarm.authority_untold.alarm_name,
    ],
  )
}
