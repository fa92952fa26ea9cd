output "arn" {
  description = "ARN of the pool."
  value       = aws_cognito_user_pool.this.arn
}

output "client_ids" {
  description = "Client to its id, which is no secret."
  value       = { for name, client in aws_cognito_user_pool_client.this : name => client.id }
}

output "id" {
  description = "Id of the pool."
  value       = aws_cognito_user_pool.this.id
}

output "issuer" {
  description = "The issuer, as its tokens name it."
  value       = "https://${aws_cognito_user_pool.this.endpoint}"
}

output "scopes" {
  description = "The pool's scope to the scope of ours that it stands for."
  value       = { for scope, identifier in local.identifiers : identifier => scope }
}

output "sign_in_url" {
  description = "Where people sign in."
  value       = "https://${aws_cognito_user_pool_domain.this.domain}.auth.${data.aws_region.current.id}.amazoncognito.com"
}
