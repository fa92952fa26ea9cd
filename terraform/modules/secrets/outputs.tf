output "arns" {
  description = "ARN of each parameter by its name below the path. A name is no secret; no value is known here."
  value       = { for name, parameter in aws_ssm_parameter.this : name => parameter.arn }
}

output "names" {
  description = "Full name of each parameter by its name below the path."
  value       = { for name, parameter in aws_ssm_parameter.this : name => parameter.name }
}
