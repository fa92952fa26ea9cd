output "queue_name" {
  description = "Where runs end that could not be handed over; it should stay empty."
  value       = aws_sqs_queue.dead.name
}

output "role_arn" {
  description = "The scheduler's role."
  value       = aws_iam_role.scheduler.arn
}

output "schedule_name" {
  description = "Of the schedule and of its group."
  value       = aws_scheduler_schedule.this.name
}
