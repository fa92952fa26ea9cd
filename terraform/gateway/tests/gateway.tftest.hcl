# One function for each server, the right to call exactly these for exactly the callers, and nothing where there are none.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Statement\":[]}" }
  }

  mock_data "aws_kms_alias" {
    defaults = { target_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000" }
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
  environment = "dev"
}

run "makes_nothing_without_servers" {
  command = plan

  variables {
    callers = ["mcp"]
  }

  assert {
    condition     = length(module.server) == 0 && length(aws_iam_role_policy.callers) == 0
    error_message = "Without servers nobody needs a right."
  }
}

run "makes_a_function_for_each_and_lets_the_callers_call" {
  command = plan

  variables {
    callers = ["mcp", "mcp-key"]

    servers = {
      time = { bundle = "../modules/function/tests/bundle.zip", runtime = "python3.12", timeout_seconds = 25 }
      docs = { bundle = "../modules/function/tests/bundle.zip", runtime = "nodejs22.x" }
    }
  }

  assert {
    condition     = toset(keys(module.server)) == toset(["docs", "time"]) && module.server["time"].name == "sallyport-dev-server-time"
    error_message = "Each server is a function named after it."
  }

  assert {
    condition     = aws_iam_role_policy.callers["mcp"].role == "sallyport-dev-mcp" && aws_iam_role_policy.callers["mcp-key"].role == "sallyport-dev-mcp-key"
    error_message = "The MCP API's functions get the right, by name."
  }
}

run "refuses_other_callers" {
  command = plan

  variables {
    callers = ["agent"]
  }

  expect_failures = [var.callers]
}

run "refuses_names_that_tools_cannot_begin_with" {
  command = plan

  variables {
    servers = { "a__b" = { bundle = "../modules/function/tests/bundle.zip", runtime = "nodejs22.x" } }
  }

  expect_failures = [var.servers]
}
