output "dead_letter_queue_name" {
  description = "Name of the queue for what failed every try."
  value       = aws_sqs_queue.dead.name
}

output "queue_url" {
  description = "What the functions are told: SALLYPORT_JOBS_QUEUE_URL or SALLYPORT_CALLS_QUEUE_URL."
  value       = local.queue_url
}

output "send_policy" {
  description = "IAM policy (JSON) of who leaves work: to send, and nothing else."
  value       = data.aws_iam_policy_document.send.json
}

output "work_policy" {
  description = "IAM policy (JSON) of who does it: to receive, and nothing else."
  value       = data.aws_iam_policy_document.work.json
}
