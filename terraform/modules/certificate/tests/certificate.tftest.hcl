# A certificate is proved in the zone that was given, under a key known before ACM answers.

mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-central-1:123456789012:certificate/0000aaaa-00aa-00aa-00aa-0000aaaa0000"
      domain_validation_options = [{
        domain_name           = "mcp.example.com"
        resource_record_name  = "_x.mcp.example.com."
        resource_record_type  = "CNAME"
        resource_record_value = "_y.acm-validations.aws."
      }]
    }
  }

  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/0000aaaa-00aa-00aa-00aa-0000aaaa0000" }
  }
}

variables {
  domain_name = "mcp.example.com"
  zone_id     = "Z0123456789EXAMPLE"
}

run "is_proved_by_a_record_in_the_zone" {
  assert {
    condition     = aws_acm_certificate.this.domain_name == "mcp.example.com" && aws_acm_certificate.this.validation_method == "DNS"
    error_message = "The certificate is for the name, proved by DNS."
  }

  assert {
    condition = (
      length(aws_route53_record.validation) == 1 &&
      aws_route53_record.validation["mcp.example.com"].zone_id == "Z0123456789EXAMPLE" &&
      aws_route53_record.validation["mcp.example.com"].name == "_x.mcp.example.com." &&
      aws_route53_record.validation["mcp.example.com"].records == toset(["_y.acm-validations.aws."])
    )
    error_message = "The record is the one that ACM asks for."
  }

  assert {
    condition     = output.arn == aws_acm_certificate_validation.this.certificate_arn
    error_message = "The certificate is given on once it is issued."
  }
}

run "refuses_wildcards_and_other_zones" {
  command = plan

  variables {
    domain_name = "*.example.com"
    zone_id     = "example.com"
  }

  expect_failures = [var.domain_name, var.zone_id]
}
