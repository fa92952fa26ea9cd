# What every function is, and what is refused. Policies are read from a real provider's plan in test/infra.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/sallyport-dev-mcp" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { version = "7" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:sallyport-dev-rotate-dead" }
  }
}

variables {
  boundary_arn       = "arn:aws:iam::123456789012:policy/sallyport-dev-boundary"
  bundle             = "./tests/bundle.zip"
  data_key_arn       = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  description        = "Checks and acts."
  environment        = { SALLYPORT_DOOR = "agent", SALLYPORT_HMAC_MASTER_PARAMETER = "/sallyport/dev/hmac-master" }
  handler            = "mcp.handler"
  log_retention_days = 30
  memory_mb          = 1024
  name               = "sallyport-dev-mcp"
  policy_json        = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
}

run "is_arm_traced_published_and_bounded" {
  assert {
    condition     = aws_lambda_function.this.architectures == tolist(["arm64"]) && aws_lambda_function.this.runtime == "nodejs22.x"
    error_message = "It runs on arm64, by nodejs22.x unless told otherwise."
  }

  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "Each apply publishes a version, and calls are traced."
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "No concurrency is reserved unless told otherwise."
  }

  assert {
    condition     = aws_iam_role.this.name == var.name && aws_iam_role.this.permissions_boundary == var.boundary_arn
    error_message = "Its role is its own, and bounded."
  }
}

run "logs_into_a_group_that_is_there_first" {
  assert {
    condition = (
      aws_cloudwatch_log_group.this.name == "/aws/lambda/sallyport-dev-mcp" &&
      aws_cloudwatch_log_group.this.retention_in_days == 30 &&
      aws_cloudwatch_log_group.this.kms_key_id == var.data_key_arn &&
      aws_lambda_function.this.logging_config[0].log_group == aws_cloudwatch_log_group.this.name
    )
    error_message = "The log has a period, a key, and a group made before the function."
  }
}

run "serves_what_was_just_published" {
  assert {
    condition     = aws_lambda_alias.live.name == "live" && aws_lambda_alias.live.function_version == "7"
    error_message = "The alias follows the published version."
  }
}

run "serves_an_earlier_version_when_told" {
  variables {
    live_version = "3"
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "3" && output.live_version == "3"
    error_message = "A rollback is the alias at an earlier version."
  }
}

run "keeps_no_events_where_somebody_waits" {
  assert {
    condition = (
      length(aws_sqs_queue.dead) == 0 && length(aws_lambda_function.this.dead_letter_config) == 0 &&
      aws_lambda_function_event_invoke_config.live.maximum_retry_attempts == 0 &&
      aws_lambda_function_event_invoke_config.live.maximum_event_age_in_seconds == 60 &&
      output.dead_letter_queue == null
    )
    error_message = "No queue, no second try: the caller gets the error."
  }
}

run "keeps_what_failed_where_nobody_waits" {
  variables {
    asynchronous = true
    name         = "sallyport-dev-rotate"
  }

  assert {
    condition = (
      aws_sqs_queue.dead[0].kms_master_key_id == var.data_key_arn &&
      aws_lambda_function.this.dead_letter_config[0].target_arn == aws_sqs_queue.dead[0].arn &&
      aws_lambda_function_event_invoke_config.live.maximum_retry_attempts == 2 &&
      aws_lambda_function_event_invoke_config.live.maximum_event_age_in_seconds == 3600 &&
      output.dead_letter_queue.name == "sallyport-dev-rotate-dead"
    )
    error_message = "What failed for good ends in an encrypted queue."
  }
}

run "joins_no_network_unless_told" {
  assert {
    condition     = length(aws_lambda_function.this.vpc_config) == 0
    error_message = "No network."
  }
}

run "joins_a_network" {
  variables {
    vpc = { subnet_ids = ["subnet-0a1b"], security_group_ids = ["sg-0a1b"] }
  }

  assert {
    condition     = aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-0a1b"])
    error_message = "The subnets are the function's."
  }
}

run "refuses_secrets_in_the_environment" {
  command = plan

  variables {
    environment = { GOOGLE_CLIENT_SECRET = "x" }
  }

  expect_failures = [var.environment]
}

run "refuses_an_environment_that_lambda_would_not_take" {
  command = plan

  variables {
    environment = { REDIS_CA = format("%4090s", "x") }
  }

  expect_failures = [aws_lambda_function.this]
}

run "refuses_a_network_without_security_groups" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-0a1b"], security_group_ids = [] }
  }

  expect_failures = [var.vpc]
}

run "refuses_what_is_no_version" {
  command = plan

  variables {
    live_version = "$LATEST"
  }

  expect_failures = [var.live_version]
}

run "refuses_an_alias_of_a_key" {
  command = plan

  variables {
    data_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/sallyport-dev-data"
  }

  expect_failures = [var.data_key_arn]
}

run "refuses_a_period_that_cloudwatch_does_not_know" {
  command = plan

  variables {
    log_retention_days = 0
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_other_than_numbers_and_names_of_ours" {
  command = plan

  variables {
    boundary_arn         = "arn:aws:iam::aws:role/Admin"
    bundle               = "./tests/none.zip"
    handler              = "index.main"
    memory_mb            = 100
    name                 = "Sallyport"
    policy_json          = "all of it"
    reserved_concurrency = 0
    runtime              = "nodejs18.x"
    timeout_seconds      = 0
  }

  expect_failures = [
    var.boundary_arn,
    var.bundle,
    var.handler,
    var.memory_mb,
    var.name,
    var.policy_json,
    var.reserved_concurrency,
    var.runtime,
    var.timeout_seconds,
  ]
}
