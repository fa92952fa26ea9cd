output "callable_arns" {
  description = "The function and its alias, as the policies of those who may call name them. Written out, so that the plan tells who may."
  value       = [trimsuffix(module.function.alias_arn, ":live"), module.function.alias_arn]
}

output "callers_policy" {
  description = "An IAM policy (JSON) for roles and users of this account that shall call the server's URL."
  value       = module.function_url.callers_policy
}

output "live_version" {
  description = "The version that the alias points to."
  value       = module.function.live_version
}

output "log_group_name" {
  description = "Name of the log group."
  value       = module.function.log_group_name
}

output "name" {
  description = "Name of the function."
  value       = module.function.name
}

output "role_name" {
  description = "Name of the function's own role."
  value       = module.function.role_name
}

output "url" {
  description = "The server's Function URL, without a trailing slash. It takes MCP's POST requests, signed by SigV4."
  value       = module.function_url.url
}
