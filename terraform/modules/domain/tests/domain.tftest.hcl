# A domain with TLS 1.2, a certificate of its own or a given one, and a record that leads there.

mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-central-1:123456789012:certificate/0000aaaa-00aa-00aa-00aa-0000aaaa0000"
      domain_validation_options = [{
        domain_name           = "oauth.example.com"
        resource_record_name  = "_x.oauth.example.com."
        resource_record_type  = "CNAME"
        resource_record_value = "_y.acm-validations.aws."
      }]
    }
  }

  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/0000aaaa-00aa-00aa-00aa-0000aaaa0000" }
  }

  mock_resource "aws_apigatewayv2_domain_name" {
    defaults = {
      domain_name_configuration = {
        hosted_zone_id     = "ZAPIGATEWAY"
        target_domain_name = "d-1234.execute-api.eu-central-1.amazonaws.com"
      }
    }
  }
}

variables {
  domain_name = "oauth.example.com"
  zone_id     = "Z0123456789EXAMPLE"
}

run "takes_a_certificate_of_its_own" {
  assert {
    condition     = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].certificate_arn == module.certificate[0].arn
    error_message = "The certificate is made here."
  }

  assert {
    condition = (
      aws_apigatewayv2_domain_name.this.domain_name_configuration[0].endpoint_type == "REGIONAL" &&
      aws_apigatewayv2_domain_name.this.domain_name_configuration[0].security_policy == "TLS_1_2"
    )
    error_message = "TLS 1.2 at least."
  }
}

run "takes_a_given_certificate" {
  variables {
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1111bbbb-11bb-11bb-11bb-1111bbbb1111"
  }

  assert {
    condition     = length(module.certificate) == 0 && aws_apigatewayv2_domain_name.this.domain_name_configuration[0].certificate_arn == var.certificate_arn
    error_message = "None is made beside the given one."
  }
}

run "leads_to_api_gateway" {
  assert {
    condition     = aws_route53_record.alias.name == "oauth.example.com" && aws_route53_record.alias.zone_id == "Z0123456789EXAMPLE"
    error_message = "The record is for the name, in the zone."
  }

  assert {
    condition     = output.url == "https://oauth.example.com"
    error_message = "The URL has no trailing slash."
  }
}

run "leads_to_what_stands_before_it" {
  variables {
    alias_target = { name = "d1234.cloudfront.net", zone_id = "Z2FDTNDATAQYW2" }
  }

  assert {
    condition     = aws_route53_record.alias.alias[0].name == "d1234.cloudfront.net" && aws_route53_record.alias.alias[0].zone_id == "Z2FDTNDATAQYW2"
    error_message = "With something before API Gateway, the name leads there."
  }
}

run "refuses_what_is_no_name_zone_or_certificate" {
  command = plan

  variables {
    certificate_arn = "arn:aws:iam::123456789012:server-certificate/x"
    domain_name     = "OAuth.example.com"
    zone_id         = "oauth"
  }

  expect_failures = [var.certificate_arn, var.domain_name, var.zone_id]
}
