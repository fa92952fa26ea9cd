output "callers_policy" {
  description = "An IAM policy (JSON) for roles and users of this account that shall call the URL. Null where no signature is asked for."
  value       = var.authorization == "AWS_IAM" ? data.aws_iam_policy_document.callers.json : null
}

output "id" {
  description = "The URL's id, which its events carry as `apiId`."
  value       = aws_lambda_function_url.this.url_id
}

output "url" {
  description = "The URL, without a trailing slash."
  value       = trimsuffix(aws_lambda_function_url.this.function_url, "/")
}
