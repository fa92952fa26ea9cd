# A certificate of ACM for one name, proved by a DNS record that ACM also renews it by.

resource "aws_acm_certificate" "this" {
  domain_name       = var.domain_name
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

# The key is the name that was asked for, known before ACM answers; the record's own name is not.
resource "aws_route53_record" "validation" {
  for_each = toset([var.domain_name])

  allow_overwrite = true
  name            = local.validation[each.key].resource_record_name
  records         = [local.validation[each.key].resource_record_value]
  ttl             = 300
  type            = local.validation[each.key].resource_record_type
  zone_id         = var.zone_id
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

locals {
  validation = { for option in aws_acm_certificate.this.domain_validation_options : option.domain_name => option }
}
