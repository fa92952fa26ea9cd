output "read_role_arn" {
  description = "The role that the AWS tools read this account with: SALLYPORT_AWS_READ_ROLE, or a value of SALLYPORT_AWS_ACCOUNTS in another account."
  value       = aws_iam_role.reads.arn
}

output "write_role_arn" {
  description = "The role that the AWS tools change things with: SALLYPORT_AWS_WRITE_ROLE. Null without `writes`."
  value       = one(aws_iam_role.writes[*].arn)
}
