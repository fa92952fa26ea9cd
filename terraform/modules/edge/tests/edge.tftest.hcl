# What stands before what, and what is refused. Settings that protect are read from a real provider's plan in test/infra.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }

  mock_resource "aws_acm_certificate" {
    defaults = { arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555" }
  }

  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555" }
  }

  mock_resource "aws_cloudfront_function" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:function/sallyport-dev-origin-secret" }
  }

  mock_resource "aws_cloudfront_key_value_store" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:key-value-store/11111111-2222-3333-4444-555555555555" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-sallyport-dev" }
  }

  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/sallyport-dev/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  prefix  = "sallyport-dev"
  zone_id = "Z0123456789ABCDEFGHIJ"

  apis = {
    agent = { domain_name = "agent.dev.example.com", origin_domain_name = "d-1111111111.execute-api.eu-central-1.amazonaws.com" }
    oauth = { domain_name = "oauth.dev.example.com", origin_domain_name = "d-2222222222.execute-api.eu-central-1.amazonaws.com" }
  }
}

run "stands_before_each_api_with_its_name_and_leads_to_it" {
  assert {
    condition     = toset(keys(aws_cloudfront_distribution.this)) == toset(["agent", "oauth"])
    error_message = "There must be a distribution for each API."
  }

  assert {
    condition = alltrue([for name, api in var.apis : (
      aws_cloudfront_distribution.this[name].aliases == toset([api.domain_name]) &&
      one(aws_cloudfront_distribution.this[name].origin).domain_name == api.origin_domain_name
    )])
    error_message = "A distribution must answer for its API's name and lead to API Gateway's own."
  }

  assert {
    condition     = alltrue([for distribution in aws_cloudfront_distribution.this : distribution.web_acl_id == aws_wafv2_web_acl.this.arn])
    error_message = "The firewall must stand before each."
  }

  assert {
    condition     = aws_cloudfront_function.origin_secret.key_value_store_associations == toset([aws_cloudfront_key_value_store.this.arn])
    error_message = "The function must read the key value store."
  }

  assert {
    condition     = aws_route53_record.ipv6["agent"].alias[0].name == aws_cloudfront_distribution.this["agent"].domain_name
    error_message = "The name's IPv6 record must lead to the edge."
  }
}

run "can_stand_before_one_of_them" {
  variables {
    apis = {
      oauth = { domain_name = "oauth.dev.example.com", origin_domain_name = "d-2222222222.execute-api.eu-central-1.amazonaws.com" }
    }
  }

  assert {
    condition     = keys(aws_cloudfront_distribution.this) == ["oauth"]
    error_message = "Only the API that was named."
  }
}

run "takes_a_certificate_that_there_is" {
  variables {
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/99999999-2222-3333-4444-555555555555"
  }

  assert {
    condition     = length(aws_acm_certificate.this) == 0 && alltrue([for distribution in aws_cloudfront_distribution.this : one(distribution.viewer_certificate).acm_certificate_arn == var.certificate_arn])
    error_message = "The certificate that was given must be used, and none made."
  }
}

run "refuses_to_stand_before_mutual_tls" {
  command = plan

  variables {
    apis = {
      mcp = { domain_name = "mcp.dev.example.com", origin_domain_name = "d-3333333333.execute-api.eu-central-1.amazonaws.com" }
    }
  }

  expect_failures = [var.apis]
}

run "refuses_to_stand_before_nothing" {
  command = plan

  variables {
    apis = {}
  }

  expect_failures = [var.apis]
}

run "refuses_an_origin_behind_its_own_name" {
  command = plan

  variables {
    apis = {
      agent = { domain_name = "agent.dev.example.com", origin_domain_name = "agent.dev.example.com" }
    }
  }

  expect_failures = [var.apis]
}

run "refuses_a_certificate_of_another_region" {
  command = plan

  variables {
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/99999999-2222-3333-4444-555555555555"
  }

  expect_failures = [var.certificate_arn]
}

run "refuses_to_keep_the_firewalls_log_for_ever" {
  command = plan

  variables {
    log_retention_days = 0
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_another_region" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { id = "eu-central-1" }
  }

  expect_failures = [aws_cloudfront_key_value_store.this]
}
