output "alias_targets" {
  description = "By API: where its name should lead."
  value = {
    for name, distribution in aws_cloudfront_distribution.this : name => {
      name    = distribution.domain_name
      zone_id = distribution.hosted_zone_id
    }
  }
}

output "distribution_ids" {
  description = "By API: the distribution's id, for its metrics."
  value       = { for name, distribution in aws_cloudfront_distribution.this : name => distribution.id }
}

output "key_value_store_arn" {
  description = "Where an operator puts the origin secret, under the key `origin-secret`."
  value       = aws_cloudfront_key_value_store.this.arn
}

output "web_acl_name" {
  description = "Name of the firewall, for its metrics (in us-east-1)."
  value       = aws_wafv2_web_acl.this.name
}
