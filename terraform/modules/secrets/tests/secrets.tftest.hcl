mock_provider "aws" {}

variables {
  key_arn = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000001"
  path    = "/sallyport/dev"

  parameters = {
    "hmac-master"   = "Master of all HMAC secrets."
    "redis-url/mcp" = "Redis for the MCP function."
  }
}

run "each_parameter_is_encrypted_under_the_given_key" {
  command = plan

  assert {
    condition     = { for name, parameter in aws_ssm_parameter.this : name => parameter.name } == { "hmac-master" = "/sallyport/dev/hmac-master", "redis-url/mcp" = "/sallyport/dev/redis-url/mcp" }
    error_message = "A parameter lies elsewhere than below the path."
  }

  assert {
    condition     = alltrue([for parameter in aws_ssm_parameter.this : parameter.type == "SecureString" && parameter.key_id == var.key_arn])
    error_message = "A parameter is not a SecureString under the given key."
  }

  assert {
    condition     = alltrue([for parameter in aws_ssm_parameter.this : parameter.value_wo_version == 1])
    error_message = "A new write-only version would send the placeholder over a real value."
  }
}

run "a_changed_description_touches_nothing_that_exists" {
  command = apply
}

run "and_neither_does_the_next_apply" {
  command = plan

  variables {
    parameters = {
      "hmac-master"   = "Said in other words."
      "redis-url/mcp" = "Redis for the MCP function."
    }
  }

  assert {
    condition     = aws_ssm_parameter.this["hmac-master"].description == "Master of all HMAC secrets."
    error_message = "A changed attribute is sent, and with it an empty value."
  }
}

run "an_alias_is_refused" {
  command = plan

  variables {
    key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/sallyport-dev-secrets"
  }

  expect_failures = [var.key_arn]
}

run "a_path_at_the_top_is_refused" {
  command = plan

  variables {
    path = "/"
  }

  expect_failures = [var.path]
}

run "a_path_of_aws_is_refused" {
  command = plan

  variables {
    path = "/aws/service"
  }

  expect_failures = [var.path]
}

run "a_name_that_leaves_the_path_is_refused" {
  command = plan

  variables {
    parameters = {
      "../prod/hmac-master" = "Another environment's."
    }
  }

  expect_failures = [var.parameters]
}

run "a_parameter_that_nobody_explains_is_refused" {
  command = plan

  variables {
    parameters = {
      "hmac-master" = ""
    }
  }

  expect_failures = [var.parameters]
}

run "no_parameters_at_all_is_refused" {
  command = plan

  variables {
    parameters = {}
  }

  expect_failures = [var.parameters]
}
