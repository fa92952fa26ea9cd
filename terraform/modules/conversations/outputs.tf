output "policy" {
  description = "The IAM policy, as JSON, of a function that works on turns."
  value       = data.aws_iam_policy_document.function.json
}

output "stream_arn" {
  description = "ARN of the table's stream. Nothing here reads it."
  value       = aws_dynamodb_table.this.stream_arn
}

output "table_arn" {
  description = "The table's ARN."
  value       = aws_dynamodb_table.this.arn
}

output "table_name" {
  description = "The table's name."
  value       = aws_dynamodb_table.this.name
}
