# What is wired to what, and what is refused. Policies are read from a real provider's plan in test/infra.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { dns_suffix = "amazonaws.com", partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:sallyport-dev-jobs" }
  }
}

variables {
  name                     = "sallyport-dev-jobs"
  data_key_arn             = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  function_alias_arn       = "arn:aws:lambda:eu-central-1:123456789012:function:sallyport-dev-worker:live"
  function_timeout_seconds = 315
}

run "hands_messages_to_the_alias_one_at_a_time_and_keeps_what_failed" {
  assert {
    condition     = aws_lambda_event_source_mapping.worker.function_name == var.function_alias_arn && aws_lambda_event_source_mapping.worker.batch_size == 1
    error_message = "The alias must be handed one message at a time."
  }

  assert {
    condition     = contains(aws_lambda_event_source_mapping.worker.function_response_types, "ReportBatchItemFailures")
    error_message = "The worker says which messages have to come again."
  }

  assert {
    condition     = aws_sqs_queue.this.visibility_timeout_seconds > var.function_timeout_seconds
    error_message = "A message that the worker is at must not be handed out a second time."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy).maxReceiveCount == var.tries
    error_message = "What fails every try must be kept."
  }

  assert {
    condition     = aws_sqs_queue.dead.message_retention_seconds == 1209600 && aws_sqs_queue.dead.kms_master_key_id == var.data_key_arn && aws_sqs_queue.this.kms_master_key_id == var.data_key_arn
    error_message = "Both queues must be sealed with the data key, and what failed must be kept for two weeks."
  }

  assert {
    condition     = output.queue_url == "https://sqs.eu-central-1.amazonaws.com/123456789012/sallyport-dev-jobs"
    error_message = "The functions must be told the queue's URL as SQS makes it."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.worker.scaling_config[0].maximum_concurrency == 5
    error_message = "The worker must leave concurrency to the APIs."
  }
}

run "refuses_a_function_without_an_alias" {
  command = plan

  variables {
    function_alias_arn = "arn:aws:lambda:eu-central-1:123456789012:function:sallyport-dev-worker"
  }

  expect_failures = [var.function_alias_arn]
}

run "refuses_a_key_by_its_alias" {
  command = plan

  variables {
    data_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/sallyport-dev-data"
  }

  expect_failures = [var.data_key_arn]
}

run "refuses_one_job_at_a_time_which_lambda_does_not_offer" {
  command = plan

  variables {
    maximum_concurrency = 1
  }

  expect_failures = [var.maximum_concurrency]
}

run "hands_out_what_is_put_off_again_and_again_as_often_as_it_is_told" {
  command = plan

  variables {
    name  = "sallyport-dev-calls"
    tries = 25
    what  = "Calls"
  }

  assert {
    condition     = toset(flatten([data.aws_iam_policy_document.send.statement[*].sid, data.aws_iam_policy_document.work.statement[*].sid])) == toset(["SendCalls", "SealCalls", "TakeCalls", "OpenCalls"])
    error_message = "The rights must be called after what is left there."
  }
}

run "refuses_fewer_tries_than_lambda_needs" {
  command = plan

  variables {
    tries = 3
  }

  expect_failures = [var.tries]
}
