# Which alarms there are, and what is refused. Names of metrics are held to the code's, and policies read, in test/infra.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:sallyport-dev-alarms" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::sallyport-dev-calls-123456789012" }
  }
}

variables {
  apis              = { agent = "aaaaaaaaaa", mcp = "bbbbbbbbbb" }
  authority_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/22222222-2222-2222-2222-222222222222"
  data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
  environment       = "dev"
  prefix            = "sallyport-dev"
  queues            = { rotate-failed = "sallyport-dev-rotate-dead" }

  functions = {
    agent   = { name = "sallyport-dev-agent", log_group = "/aws/lambda/sallyport-dev-agent", p95_ms = 26000, service = "agent" }
    mcp     = { name = "sallyport-dev-mcp", log_group = "/aws/lambda/sallyport-dev-mcp", p95_ms = 3000, service = "mcp" }
    mcp-key = { name = "sallyport-dev-mcp-key", log_group = "/aws/lambda/sallyport-dev-mcp-key", p95_ms = 3000, service = "mcp" }
    rotate  = { name = "sallyport-dev-rotate", log_group = "/aws/lambda/sallyport-dev-rotate", p95_ms = 60000, service = "rotate" }
  }
}

run "watches_every_function_api_service_and_queue" {
  assert {
    condition = alltrue([for alarms in [aws_cloudwatch_metric_alarm.errors, aws_cloudwatch_metric_alarm.throttles, aws_cloudwatch_metric_alarm.duration] :
      toset(keys(alarms)) == toset(keys(var.functions))
    ])
    error_message = "Each function must have alarms for errors, throttles and duration."
  }

  assert {
    condition     = alltrue([for name, function in var.functions : aws_cloudwatch_metric_alarm.duration[name].threshold == function.p95_ms])
    error_message = "Each function's duration has its own limit."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.server_errors)) == toset(keys(var.apis))
    error_message = "Each API must have an alarm for 5xx."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.faults)) == toset(["agent", "mcp", "rotate"])
    error_message = "Both doors of the MCP API call themselves mcp: one alarm."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.refused)) == toset(["agent", "mcp"])
    error_message = "The rotation refuses nobody."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.queue)) == toset(["rotate-failed"])
    error_message = "Each queue must have an alarm."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.certificate_days)) == toset(["agent", "authority"])
    error_message = "Both certificates must be watched."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.certificate_days : alarm.treat_missing_data == "breaching"])
    error_message = "A rotation that says nothing must raise the alarm."
  }
}

run "watches_the_way_around_the_edge_only_where_there_is_one" {
  assert {
    condition     = length([for name in keys(aws_cloudwatch_metric_alarm.refused_because) : name if startswith(name, "around-edge")]) == 0
    error_message = "Without an edge nothing goes around it."
  }
}

run "watches_the_way_around_the_edge" {
  variables {
    edge = true
  }

  assert {
    condition     = length([for name in keys(aws_cloudwatch_metric_alarm.refused_because) : name if startswith(name, "around-edge")]) == 2
    error_message = "Both APIs behind the edge must be watched."
  }
}

run "makes_a_trail_unless_there_is_one" {
  assert {
    condition     = length(aws_cloudtrail.calls) == 1 && length(aws_s3_bucket.calls) == 1
    error_message = "Without a trail no use of the authority's key is told."
  }
}

run "makes_no_trail_where_there_is_one" {
  variables {
    create_trail = false
  }

  assert {
    condition     = length(aws_cloudtrail.calls) == 0 && length(aws_s3_bucket.calls) == 0
    error_message = "create_trail = false must make neither a trail nor a bucket."
  }
}

run "tells_nobody_until_somebody_is_named" {
  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "No address, no subscription."
  }
}

run "refuses_an_address_that_is_none" {
  command = plan

  variables {
    emails = ["operator"]
  }

  expect_failures = [var.emails]
}

run "refuses_a_service_that_the_code_does_not_know" {
  command = plan

  variables {
    functions = {
      mcp-key = { name = "sallyport-dev-mcp-key", log_group = "/aws/lambda/sallyport-dev-mcp-key", p95_ms = 3000, service = "mcp-key" }
    }
  }

  expect_failures = [var.functions]
}

run "refuses_an_alias_of_the_authority" {
  command = plan

  variables {
    authority_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/sallyport-dev-authority"
  }

  expect_failures = [var.authority_key_arn]
}

run "refuses_a_certificate_that_nobody_reports" {
  command = plan

  variables {
    certificate_days = { server = 10 }
  }

  expect_failures = [var.certificate_days]
}
