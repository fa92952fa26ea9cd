output "access_log_group_name" {
  description = "Name of the access log's group."
  value       = aws_cloudwatch_log_group.access.name
}

output "execution_arn" {
  description = "ARN under which the API invokes functions."
  value       = aws_apigatewayv2_api.this.execution_arn
}

output "id" {
  description = "The API's id, which its events carry."
  value       = aws_apigatewayv2_api.this.id
}

output "name" {
  description = "Name of the API."
  value       = aws_apigatewayv2_api.this.name
}

output "stage_name" {
  description = "Name of the stage, which its events carry."
  value       = aws_apigatewayv2_stage.this.name
}
