# What the root refuses before anything is planned, and how its parts are wired where mocks can show it. What protects is read from a real
# provider's plan in test/infra.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_data "aws_kms_alias" {
    defaults = { target_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }

  mock_data "aws_s3_object" {
    defaults = {
      body       = "-----BEGIN CERTIFICATE-----"
      version_id = "3sL4kqtJlcpXroDTDmJ"
    }
  }
}

mock_provider "aws" {
  alias = "us_east_1"

  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
}

variables {
  bundle           = "../modules/function/tests/bundle.zip"
  domain           = "dev.sallyport.example.com"
  environment      = "dev"
  google_client_id = "123456789012-example.apps.googleusercontent.com"
  zone_id          = "Z0123456789EXAMPLE"
}

run "has_no_key_door_by_default" {
  command = plan

  assert {
    condition     = toset(keys(module.api)) == toset(["agent", "mcp", "oauth"])
    error_message = "Three APIs."
  }

  assert {
    condition     = toset(keys(module.function)) == toset(["agent", "calls", "mcp", "oauth", "rotate", "stream", "worker"])
    error_message = "A function behind each, one that streams, two workers and the rotation."
  }

  assert {
    condition     = output.trust_domain == "dev.sallyport.example.com" && output.truststore_version == "3sL4kqtJlcpXroDTDmJ"
    error_message = "The trust domain is the domain; the truststore's version is the one that lies there."
  }
}

run "has_names_below_the_domain" {
  command = plan

  variables {
    key_door = true
  }

  assert {
    condition = output.urls == {
      agent   = "https://agent.dev.sallyport.example.com"
      mcp     = "https://mcp.dev.sallyport.example.com"
      mcp-key = "https://key.dev.sallyport.example.com"
      oauth   = "https://oauth.dev.sallyport.example.com"
    }
    error_message = "Each API has its name."
  }
}

run "refuses_a_truststore_that_is_no_text_or_has_no_version" {
  command = plan

  override_data {
    target = data.aws_s3_object.truststore
    values = { body = "", version_id = "null" }
  }

  expect_failures = [data.aws_s3_object.truststore]
}

run "refuses_prod_without_a_yes_with_another_google_or_a_model_in_clear" {
  command = plan

  variables {
    confirm          = "never"
    environment      = "prod"
    google_endpoints = { token_url = "https://oauth2.example.org/token" }
    openai_base_url  = "http://models.internal/v1"
  }

  expect_failures = [var.confirm, var.google_endpoints, var.openai_base_url]
}

run "refuses_half_a_sign_in" {
  command = plan

  variables {
    sign_in_issuer = "https://accounts.google.com"
  }

  expect_failures = [var.sign_in_client_id]
}

run "refuses_proof_of_ownership_of_nothing" {
  command = plan

  variables {
    ownership_certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/0000aaaa-00aa-00aa-00aa-0000aaaa0000"
  }

  expect_failures = [var.ownership_certificate_arn]
}

run "refuses_tight_limits_that_are_none" {
  command = plan

  variables {
    throttle = { rate = 10, burst = 10, tight_rate = 20, tight_burst = 5 }
  }

  expect_failures = [var.throttle]
}

run "refuses_a_version_of_what_is_no_function" {
  command = plan

  variables {
    live_version = { operator = "1" }
  }

  expect_failures = [var.live_version]
}

run "refuses_values_that_aws_or_a_function_would_stumble_over" {
  command = plan

  variables {
    account_id           = "1234"
    calls_at_once        = 1
    agents               = ["assistant"]
    alarm_emails         = ["operators"]
    allowed_hosts        = ["https://example.org"]
    allowed_origins      = ["http://example.org"]
    bundle               = "dist/lambda"
    certificate_arn      = "arn:aws:iam::123456789012:server-certificate/x"
    domain               = "Dev.sallyport.example.com"
    google_client_id     = ""
    log_level            = "all"
    log_retention_days   = 10
    memory               = { agent = 128 }
    model                = "openai"
    openai_base_url      = "api.example.org"
    rate_per_minute      = 0
    redis_ca             = "a certificate"
    reserved_concurrency = { mcp = 0 }
    sign_in_alias        = "Google"
    store                = "postgres"
    trust_domain         = "Sallyport"
    zone_id              = "/hostedzone/Z0123456789EXAMPLE"
  }

  expect_failures = [
    var.account_id,
    var.agents,
    var.alarm_emails,
    var.allowed_hosts,
    var.allowed_origins,
    var.bundle,
    var.calls_at_once,
    var.certificate_arn,
    var.domain,
    var.google_client_id,
    var.log_level,
    var.log_retention_days,
    var.memory,
    var.model,
    var.openai_base_url,
    var.rate_per_minute,
    var.redis_ca,
    var.reserved_concurrency,
    var.sign_in_alias,
    var.store,
    var.trust_domain,
    var.zone_id,
  ]
}

run "refuses_an_unknown_environment" {
  command = plan

  variables {
    environment = "staging"
  }

  expect_failures = [var.environment]
}

run "refuses_models_prices_and_budgets_that_are_none" {
  command = plan

  variables {
    day_tokens      = 10
    model           = "bedrock:arn:aws:bedrock:eu-central-1:123456789012:inference-profile/x"
    model_fallbacks = ["bedrock:*"]
    model_prices    = { "openai:x" = { input = -1, output = 1 } }
  }

  expect_failures = [var.day_tokens, var.model, var.model_fallbacks, var.model_prices]
}

run "refuses_a_limit_on_money_without_a_price" {
  command = plan

  variables {
    day_cost = 1
  }

  expect_failures = [var.day_cost]
}
