# Nobody without a client certificate, and no truststore but the version that was named.

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
  domain_name = "mcp.example.com"
  zone_id     = "Z0123456789EXAMPLE"

  truststore = {
    bucket  = "sallyport-dev-truststore-123456789012"
    key     = "truststore.pem"
    version = "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"
  }
}

run "asks_for_a_certificate_of_the_pinned_truststore" {
  assert {
    condition = (
      aws_apigatewayv2_domain_name.this.mutual_tls_authentication[0].truststore_uri == "s3://sallyport-dev-truststore-123456789012/truststore.pem" &&
      aws_apigatewayv2_domain_name.this.mutual_tls_authentication[0].truststore_version == "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"
    )
    error_message = "Mutual TLS is on, with that version."
  }

  assert {
    condition     = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].security_policy == "TLS_1_2"
    error_message = "TLS 1.2 at least."
  }
}

run "shows_ownership_of_an_imported_certificate" {
  variables {
    certificate_arn           = "arn:aws:acm:eu-central-1:123456789012:certificate/1111bbbb-11bb-11bb-11bb-1111bbbb1111"
    ownership_certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/2222cccc-22cc-22cc-22cc-2222cccc2222"
  }

  assert {
    condition = (
      length(module.certificate) == 0 &&
      aws_apigatewayv2_domain_name.this.domain_name_configuration[0].certificate_arn == var.certificate_arn &&
      aws_apigatewayv2_domain_name.this.domain_name_configuration[0].ownership_verification_certificate_arn == var.ownership_certificate_arn
    )
    error_message = "Both certificates are handed on."
  }
}

run "refuses_a_truststore_without_versions" {
  command = plan

  variables {
    truststore = { bucket = "b", key = "truststore.pem", version = "" }
  }

  expect_failures = [var.truststore]
}

run "refuses_a_suspended_version" {
  command = plan

  variables {
    truststore = { bucket = "b", key = "truststore.pem", version = "null" }
  }

  expect_failures = [var.truststore]
}

run "refuses_what_is_no_name_zone_certificate_or_pem" {
  command = plan

  variables {
    certificate_arn           = "mine"
    domain_name               = "mcp"
    ownership_certificate_arn = "mine"
    truststore                = { bucket = "b", key = "truststore", version = "1" }
    zone_id                   = "z"
  }

  expect_failures = [var.certificate_arn, var.domain_name, var.ownership_certificate_arn, var.truststore, var.zone_id]
}
