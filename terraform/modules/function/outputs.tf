output "alias_arn" {
  description = "ARN of the alias `live`: what others invoke. Written out, so that the plan tells who may."
  value       = "${local.function_arn}:live"
  depends_on  = [aws_lambda_alias.live]
}

output "alias_invoke_arn" {
  description = "ARN that API Gateway invokes the alias by."
  value       = aws_lambda_alias.live.invoke_arn
}

output "alias_name" {
  description = "Name of the alias: `live`."
  value       = aws_lambda_alias.live.name
}

output "arn" {
  description = "ARN of the function, without a version."
  value       = aws_lambda_function.this.arn
}

output "dead_letter_queue" {
  description = "Name and ARN of the queue for events that failed for good; null where somebody waits for the answer."
  value       = var.asynchronous ? { arn = aws_sqs_queue.dead[0].arn, name = aws_sqs_queue.dead[0].name } : null
}

output "live_version" {
  description = "The version that the alias points to."
  value       = aws_lambda_alias.live.function_version
}

output "log_group_arn" {
  description = "ARN of the log group."
  value       = aws_cloudwatch_log_group.this.arn
}

output "log_group_name" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "published_version" {
  description = "The version that this apply published."
  value       = aws_lambda_function.this.version
}

output "role_arn" {
  description = "ARN of the function's own role."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "Name of the function's own role."
  value       = aws_iam_role.this.name
}
