output "account_id" {
  description = "The account that all of this is in."
  value       = local.account
}

output "boundary_arn" {
  description = "Permissions boundary of every role that the service root makes."
  value       = aws_iam_policy.boundary.arn
}

output "key_arns" {
  description = "Key to its ARN: authority, data, secrets, vault."
  value       = { for name, key in aws_kms_key.this : name => key.arn }
}

output "parameter_names" {
  description = "Parameters that wait for a secret. Their values are known to Parameter Store alone."
  value       = sort(values(module.secrets.names))
}

output "role_arns" {
  description = "Roles for GitHub's workflows, by name (deploy, plan); empty without `github`."
  value       = { for name, role in aws_iam_role.github : name => role.arn }
}

output "state_bucket" {
  description = "Where both roots keep their state."
  value       = module.state.bucket
}

output "truststore" {
  description = "Where the certificate authorities' bundle lies."
  value       = { bucket = module.truststore.bucket, key = module.truststore.key }
}
