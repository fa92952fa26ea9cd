output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "topic_arn" {
  description = "Where alarms are published."
  value       = aws_sns_topic.alarms.arn
}
