# A function under the boundary with an explicit refusal of all that is ours, behind a URL that asks for signatures.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Statement\":[]}" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }

  mock_resource "aws_lambda_function_url" {
    defaults = { function_url = "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws/" }
  }
}

variables {
  boundary_arn       = "arn:aws:iam::123456789012:policy/sallyport-dev-boundary"
  bundle             = "../function/tests/bundle.zip"
  data_key_arn       = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  log_retention_days = 30
  prefix             = "sallyport-dev"
  runtime            = "python3.12"
  server             = "time"
}

run "is_a_function_behind_a_url" {
  command = plan

  assert {
    condition     = module.function.name == "sallyport-dev-server-time" && module.function.log_group_name == "/aws/lambda/sallyport-dev-server-time"
    error_message = "It is named after the server, and so is its log."
  }

  assert {
    condition     = module.function.dead_letter_queue == null
    error_message = "Somebody waits for its answers."
  }
}

run "refuses_our_own_variables" {
  command = plan

  variables {
    environment = { SALLYPORT_HMAC_MASTER_PARAMETER = "/sallyport/dev/hmac-master" }
  }

  expect_failures = [var.environment]
}

run "refuses_credentials" {
  command = plan

  variables {
    environment = { AWS_SECRET_ACCESS_KEY = "x" }
  }

  expect_failures = [var.environment]
}
