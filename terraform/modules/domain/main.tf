# A domain for an API whose callers prove who they are by a token or a browser's session.

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
    security_policy = "TLS_1_2"
  }
}

# One record whatever it leads to, so that a change of where is a change of the record, never a moment without one.
resource "aws_route53_record" "alias" {
  name    = var.domain_name
  type    = "A"
  zone_id = var.zone_id

  alias {
    evaluate_target_health = false
    name                   = var.alias_target == null ? aws_apigatewayv2_domain_name.this.domain_name_configuration[0].target_domain_name : var.alias_target.name
    zone_id                = var.alias_target == null ? aws_apigatewayv2_domain_name.this.domain_name_configuration[0].hosted_zone_id : var.alias_target.zone_id
  }
}
