# Wiring, and what is refused. The mocks know no policies: those are held against the real provider in test/infra/foundation.test.ts.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = {
      account_id = "123456789012"
    }
  }

  mock_data "aws_partition" {
    defaults = {
      partition = "aws"
    }
  }

  mock_data "aws_region" {
    defaults = {
      id = "eu-central-1"
    }
  }

  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    }
  }

  mock_resource "aws_kms_key" {
    defaults = {
      arn = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000001"
    }
  }

  mock_resource "aws_iam_policy" {
    defaults = {
      arn = "arn:aws:iam::123456789012:policy/sallyport-dev-mocked"
    }
  }

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = {
      arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    }
  }
}

variables {
  environment = "dev"
}

run "names_are_what_the_service_root_and_the_scripts_look_for" {
  assert {
    condition     = output.state_bucket == "sallyport-dev-state-123456789012" && output.truststore == { bucket = "sallyport-dev-truststore-123456789012", key = "truststore.pem" }
    error_message = "A bucket has another name than the scripts look for."
  }

  assert {
    condition     = { for name, alias in aws_kms_alias.this : name => alias.name } == { for name in ["authority", "data", "secrets", "vault"] : name => "alias/sallyport-dev-${name}" }
    error_message = "A key has another alias than the service root looks for."
  }

  assert {
    condition     = aws_iam_policy.boundary.name == "sallyport-dev-boundary"
    error_message = "The boundary has another name than the service root gives its roles."
  }

  assert {
    condition     = length(output.parameter_names) == 24 && alltrue([for name in output.parameter_names : startswith(name, "/sallyport/dev/")])
    error_message = "A parameter lies elsewhere, or one more or less than is documented."
  }
}

run "without_github_there_are_no_roles_for_it" {
  command = plan

  assert {
    condition     = length(aws_iam_role.github) == 0 && length(aws_iam_openid_connect_provider.github) == 0 && length(aws_iam_policy.deploy) == 0
    error_message = "Somebody could deploy who was not named."
  }
}

run "with_github_there_are_two_roles" {
  command = plan

  variables {
    github = { repository = "example/sallyport" }
  }

  assert {
    condition     = { for name, role in aws_iam_role.github : name => role.name } == { deploy = "sallyport-dev-deploy", plan = "sallyport-dev-plan" }
    error_message = "The workflows assume roles by other names."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.github : role.max_session_duration == 3600])
    error_message = "A stolen session would live longer than an hour."
  }

  assert {
    condition     = [for attachment in aws_iam_role_policy_attachment.deploy : attachment.role] == ["sallyport-dev-deploy", "sallyport-dev-deploy"]
    error_message = "A policy that changes things is attached to another role than deploy."
  }

  assert {
    condition     = toset(keys(aws_iam_role_policy.refused)) == toset(["deploy", "plan"])
    error_message = "A role has no refusals."
  }
}

run "a_provider_that_is_there_is_used" {
  command = plan

  variables {
    github = {
      repository   = "example/sallyport"
      provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    }
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "An account can have one provider for GitHub."
  }
}

run "rights_to_set_up_an_edge_are_given_only_for_an_edge" {
  command = plan

  variables {
    edge   = true
    github = { repository = "example/sallyport" }
  }

  assert {
    condition     = toset(keys(aws_iam_policy.deploy)) == toset(["edge", "reach", "run"])
    error_message = "The deployment could not set up its edge."
  }
}

run "rights_to_set_up_a_user_pool_are_given_only_for_one" {
  command = plan

  variables {
    cognito = true
    github  = { repository = "example/sallyport" }
  }

  assert {
    condition     = toset(keys(aws_iam_policy.deploy)) == toset(["cognito", "reach", "run"])
    error_message = "The deployment could not set up the pool of its OAuth door."
  }
}

run "an_unknown_environment_is_refused" {
  command = plan

  variables {
    environment = "production"
  }

  expect_failures = [var.environment]
}

run "a_pattern_for_a_repository_is_refused" {
  command = plan

  variables {
    github = { repository = "example/*" }
  }

  expect_failures = [var.github]
}

run "a_pattern_for_a_branch_is_refused" {
  command = plan

  variables {
    github = { repository = "example/sallyport", branch = "*" }
  }

  expect_failures = [var.github]
}

run "one_id_without_the_other_is_refused" {
  command = plan

  variables {
    github = { repository = "example/sallyport", repository_id = "123" }
  }

  expect_failures = [var.github]
}

run "an_id_that_is_no_number_is_refused" {
  command = plan

  variables {
    github = { repository = "example/sallyport", owner_id = "*", repository_id = "123" }
  }

  expect_failures = [var.github]
}

run "another_identity_provider_is_refused" {
  command = plan

  variables {
    github = { repository = "example/sallyport", provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.example.com" }
  }

  expect_failures = [var.github]
}

run "prod_is_never_disposable" {
  command = plan

  variables {
    disposable        = true
    environment       = "prod"
    key_deletion_days = 30
  }

  expect_failures = [var.disposable]
}

run "keys_of_prod_can_be_rescued_for_thirty_days" {
  command = plan

  variables {
    environment       = "prod"
    key_deletion_days = 7
  }

  expect_failures = [var.key_deletion_days]
}

run "an_account_is_twelve_digits" {
  command = plan

  variables {
    account_id = "example"
  }

  expect_failures = [var.account_id]
}

run "a_domain_with_a_pattern_is_refused" {
  command = plan

  variables {
    dns = { domain = "*.example.com", zone_id = "Z0123456789" }
  }

  expect_failures = [var.dns]
}

run "a_zone_is_named_by_its_id" {
  command = plan

  variables {
    dns = { domain = "dev.sallyport.example.com", zone_id = "example.com" }
  }

  expect_failures = [var.dns]
}
