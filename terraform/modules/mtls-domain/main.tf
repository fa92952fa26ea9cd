# A domain that only callers with a client certificate get through: API Gateway checks it against the truststore during the handshake.
# It checks no revocation; that is the function's work.

module "certificate" {
  source = "../certificate"
  count  = var.certificate_arn == null ? 1 : 0

  domain_name = var.domain_name
  zone_id     = var.zone_id
}

resource "aws_apigatewayv2_domain_name" "this" {
  domain_name = var.domain_name

  domain_name_configuration {
    certificate_arn = coalesce(var.certificate_arn, one(module.certificate[*].arn))
    endpoint_type   = "REGIONAL"
    # ACM vouches for its own certificates; for an imported one the owner of the name has to be shown.
    ownership_verification_certificate_arn = var.ownership_certificate_arn
    security_policy                        = "TLS_1_2"
  }

  # The version is pinned: whoever may write the bucket changes nothing here until an apply says so.
  mutual_tls_authentication {
    truststore_uri     = "s3://${var.truststore.bucket}/${var.truststore.key}"
    truststore_version = var.truststore.version
  }
}

resource "aws_route53_record" "alias" {
  name    = var.domain_name
  type    = "A"
  zone_id = var.zone_id

  alias {
    evaluate_target_health = false
    name                   = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].target_domain_name
    zone_id                = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].hosted_zone_id
  }
}
