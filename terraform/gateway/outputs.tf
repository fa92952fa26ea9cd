output "callers_policies" {
  description = "Server to an IAM policy (JSON) for roles and users of this account that shall call it directly. Attach it to them: nobody has it from here."
  value       = { for name, server in module.server : name => server.callers_policy }
}

output "functions" {
  description = "Server to its function's name, live version and log group."
  value = {
    for name, server in module.server : name => {
      name         = server.name
      live_version = server.live_version
      log_group    = server.log_group_name
    }
  }
}

output "urls" {
  description = "Server to its Function URL, without a trailing slash."
  value       = { for name, server in module.server : name => server.url }
}
