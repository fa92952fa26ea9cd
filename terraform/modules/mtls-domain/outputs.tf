output "domain_name" {
  description = "The domain, once API Gateway serves it; the API's mapping goes there."
  value       = aws_apigatewayv2_domain_name.this.domain_name
}

output "target_domain_name" {
  description = "The regional name behind the alias record."
  value       = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].target_domain_name
}

output "truststore_version" {
  description = "The version of the truststore, once API Gateway has taken it: what must come after refers to it."
  value       = aws_apigatewayv2_domain_name.this.mutual_tls_authentication[0].truststore_version
}

output "url" {
  description = "The domain as a base URL, without a trailing slash."
  value       = "https://${var.domain_name}"
}
