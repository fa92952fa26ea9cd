output "policies" {
  description = "By function: the IAM policy, as JSON, with all that it may do here."
  value       = { for name, document in data.aws_iam_policy_document.function : name => document.json }
}

output "table_arns" {
  description = "By class: the table's ARN."
  value       = { for class, table in aws_dynamodb_table.this : class => table.arn }
}

output "table_names" {
  description = "By class: the table's name."
  value       = { for class, table in aws_dynamodb_table.this : class => table.name }
}

output "table_prefix" {
  description = "The functions' SALLYPORT_TABLE_PREFIX."
  value       = "${var.prefix}-"
}
