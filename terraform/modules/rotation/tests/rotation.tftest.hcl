# What is wired to what, and what is refused. Policies are read from a real provider's plan in test/infra.

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

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/sallyport-dev-rotation-scheduler" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:sallyport-dev-rotation-undelivered" }
  }
}

variables {
  name               = "sallyport-dev-rotation"
  data_key_arn       = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  function_alias_arn = "arn:aws:lambda:eu-central-1:123456789012:function:sallyport-dev-rotate:live"
}

run "invokes_the_alias_every_hour_and_keeps_what_it_could_not_deliver" {
  assert {
    condition     = aws_scheduler_schedule.this.target[0].arn == var.function_alias_arn
    error_message = "The schedule must invoke the alias."
  }

  assert {
    condition     = aws_scheduler_schedule.this.schedule_expression == "rate(1 hour)" && aws_scheduler_schedule.this.state == "ENABLED"
    error_message = "It must run every hour unless told otherwise."
  }

  assert {
    condition     = aws_scheduler_schedule.this.target[0].dead_letter_config[0].arn == aws_sqs_queue.dead.arn
    error_message = "What cannot be delivered must be kept."
  }

  assert {
    condition     = aws_scheduler_schedule.this.target[0].retry_policy[0].maximum_retry_attempts == 3
    error_message = "A delivery must be tried again."
  }

  assert {
    condition     = aws_sqs_queue.dead.kms_master_key_id == var.data_key_arn
    error_message = "The queue must be sealed with the data key."
  }
}

run "can_be_switched_off" {
  variables {
    enabled = false
  }

  assert {
    condition     = aws_scheduler_schedule.this.state == "DISABLED"
    error_message = "enabled = false must disable the schedule."
  }
}

run "refuses_a_function_without_an_alias" {
  command = plan

  variables {
    function_alias_arn = "arn:aws:lambda:eu-central-1:123456789012:function:sallyport-dev-rotate"
  }

  expect_failures = [var.function_alias_arn]
}

run "refuses_a_schedule_that_is_none" {
  command = plan

  variables {
    schedule = "hourly"
  }

  expect_failures = [var.schedule]
}

run "refuses_a_keys_alias" {
  command = plan

  variables {
    data_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/sallyport-dev-data"
  }

  expect_failures = [var.data_key_arn]
}

run "refuses_a_name_too_long_for_what_is_added_to_it" {
  command = plan

  variables {
    name = "sallyport-dev-rotation-with-a-name-that-is-much-too-long"
  }

  expect_failures = [var.name]
}
