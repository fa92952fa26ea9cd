# The firewall: a limit for each address, then AWS's own rules. It looks before the function adds the secret, and so never sees it.

locals {
  # What a person writes to the agent is prose and may hold anything, also what looks like an attack on a web page. The API takes it as
  # JSON, checks it against a schema and shows it as text: these rules count, so that the log tells, and block nothing.
  counted_rules = [
    "CrossSiteScripting_BODY",
    "EC2MetaDataSSRF_BODY",
    "GenericLFI_BODY",
    "GenericRFI_BODY",
    "SizeRestrictions_BODY",
  ]

  managed_groups = {
    AWSManagedRulesAmazonIpReputationList = { priority = 1, counted = [] }
    AWSManagedRulesKnownBadInputsRuleSet  = { priority = 2, counted = [] }
    AWSManagedRulesCommonRuleSet          = { priority = 3, counted = local.counted_rules }
  }

  # What the log must not hold: proofs of who somebody is, and queries, in which OAuth's codes travel.
  redacted_headers = ["authorization", "cookie", "x-sallyport-authorization"]
}

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192: AWSManagedRulesKnownBadInputsRuleSet is among the rules; the check does not read dynamic blocks

  name        = var.prefix
  description = "Before the Agent API and the OAuth API."
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  custom_response_body {
    key          = "rate-limited"
    content      = jsonencode({ error = { code = "rate_limited", message = "Too many requests. Try again later.", request_id = "" } })
    content_type = "APPLICATION_JSON"
  }

  rule {
    name     = "rate"
    priority = 0

    action {
      block {
        custom_response {
          custom_response_body_key = "rate-limited"
          response_code            = 429
        }
      }
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 300
        limit                 = var.requests_per_5_minutes
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "rate"
      sampled_requests_enabled   = false
    }
  }

  dynamic "rule" {
    for_each = local.managed_groups

    content {
      name     = rule.key
      priority = rule.value.priority

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          name        = rule.key
          vendor_name = "AWS"

          dynamic "rule_action_override" {
            for_each = rule.value.counted

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      # Samples show whole requests in the console, tokens included: the log below is redacted, and they are off.
      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = false
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.prefix
    sampled_requests_enabled   = false
  }
}

# CloudWatch's own encryption: the data key lies in another region. The name must begin so.
resource "aws_cloudwatch_log_group" "firewall" {
  #checkov:skip=CKV_AWS_158: our key lies in another region; CloudWatch's own encrypts it
  #checkov:skip=CKV_AWS_338: it holds addresses of callers: kept as long as they are of use

  name              = "aws-waf-logs-${var.prefix}"
  retention_in_days = var.log_retention_days
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  log_destination_configs = [aws_cloudwatch_log_group.firewall.arn]
  resource_arn            = aws_wafv2_web_acl.this.arn

  # Only what was stopped or would have been.
  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      condition {
        action_condition {
          action = "BLOCK"
        }
      }

      condition {
        action_condition {
          action = "COUNT"
        }
      }
    }
  }

  redacted_fields {
    query_string {}
  }

  dynamic "redacted_fields" {
    for_each = local.redacted_headers

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }
}
