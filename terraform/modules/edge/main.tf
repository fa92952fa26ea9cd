# CloudFront and a firewall before the APIs that browsers and bearer tokens reach. Never before mutual TLS: CloudFront would end the
# connection, and the certificate with it. There is no way to name such an API here.
# All of it is global or lies in us-east-1, so the whole module gets that region's provider.
# It keeps the domain: CloudFront passes the viewer's Host on, so the API behind it sees the request as it would without.

locals {
  # The managed policies that cache nothing and pass everything on, Authorization and Host included.
  caching_disabled_id = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  all_viewer_id       = "216adef6-5c7f-47e4-b989-5492eafa07d3"

  certificate_arn = var.certificate_arn == null ? aws_acm_certificate_validation.this[0].certificate_arn : var.certificate_arn
  domain_names    = { for name, api in var.apis : name => api.domain_name }
}

data "aws_region" "current" {}

resource "aws_cloudfront_key_value_store" "this" {
  name    = var.prefix
  comment = "The origin secret, put there by an operator. Terraform never reads it."

  lifecycle {
    precondition {
      condition     = data.aws_region.current.id == "us-east-1"
      error_message = "Give this module the provider of us-east-1: CloudFront takes its certificate and its firewall from there."
    }
  }
}

resource "aws_cloudfront_function" "origin_secret" {
  name    = "${var.prefix}-origin-secret"
  comment = "Adds what the APIs know this edge by."
  code    = file("${path.module}/origin-secret.js")
  publish = true
  runtime = "cloudfront-js-2.0"

  key_value_store_associations = [aws_cloudfront_key_value_store.this.arn]
}

resource "aws_cloudfront_response_headers_policy" "this" {
  #checkov:skip=CKV_AWS_259: two years, with subdomains; the preload list is for the owner of the whole domain to choose

  name    = var.prefix
  comment = "What every answer carries; what an API says more strictly stays."

  security_headers_config {
    content_security_policy {
      content_security_policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
      override                = false
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = false
    }

    referrer_policy {
      override        = false
      referrer_policy = "no-referrer"
    }

    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      override                   = true
    }
  }
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_86: its log lines hold whole addresses, and those of OAuth's callbacks hold codes; the API writes one without queries
  #checkov:skip=CKV_AWS_305: an API has no page to show at its root
  #checkov:skip=CKV_AWS_310: there is one API to lead to
  #checkov:skip=CKV_AWS_374: a person may ask from anywhere
  #checkov:skip=CKV2_AWS_47: AWSManagedRulesKnownBadInputsRuleSet is among the rules; the check does not read dynamic blocks

  for_each = var.apis

  aliases         = [each.value.domain_name]
  comment         = "${var.prefix} ${each.key}"
  enabled         = true
  http_version    = "http2and3"
  is_ipv6_enabled = true
  price_class     = var.price_class
  web_acl_id      = aws_wafv2_web_acl.this.arn

  origin {
    domain_name = each.value.origin_domain_name
    origin_id   = each.key

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      # Longer than the API's own 30 s, so that its answer is the one that arrives.
      origin_read_timeout  = 35
      origin_ssl_protocols = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    allowed_methods            = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cache_policy_id            = local.caching_disabled_id
    cached_methods             = ["GET", "HEAD"]
    compress                   = false
    origin_request_policy_id   = local.all_viewer_id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
    target_origin_id           = each.key
    # Not a redirect: a token that was sent in the clear is lost, and its sender should notice.
    viewer_protocol_policy = "https-only"

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.origin_secret.arn
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = local.certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }
}

# Proved by the records of the APIs' own certificates: ACM asks for the same record for one
# name and account in every region, so none is made here, and none goes when the edge does.
resource "aws_acm_certificate" "this" {
  count = var.certificate_arn == null ? 1 : 0

  domain_name               = values(local.domain_names)[0]
  key_algorithm             = "EC_prime256v1"
  subject_alternative_names = slice(values(local.domain_names), 1, length(local.domain_names))
  validation_method         = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_acm_certificate_validation" "this" {
  count = var.certificate_arn == null ? 1 : 0

  certificate_arn = aws_acm_certificate.this[0].arn
}

# The name's A record stays with its domain, which is told where to lead; API Gateway has no IPv6, CloudFront has.
resource "aws_route53_record" "ipv6" {
  for_each = var.apis

  name    = each.value.domain_name
  type    = "AAAA"
  zone_id = var.zone_id

  alias {
    evaluate_target_health = false
    name                   = aws_cloudfront_distribution.this[each.key].domain_name
    zone_id                = aws_cloudfront_distribution.this[each.key].hosted_zone_id
  }
}
