# One HTTP API before one function: the routes that the function serves and no other, and one way in, its domain.
# Anybody can find a default endpoint, and it asks for no client certificate: it is off because the API has a domain, not by a switch.

resource "aws_apigatewayv2_api" "this" {
  name                         = var.name
  description                  = var.description
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = var.domain_name != null
}

resource "aws_apigatewayv2_integration" "this" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_method     = "POST"
  integration_type       = "AWS_PROXY"
  integration_uri        = var.function.alias_invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_apigatewayv2_route" "this" {
  #checkov:skip=CKV_AWS_309:Each function checks its callers itself, by proofs that API Gateway knows nothing of: signature, delegation, token, session.
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  authorization_type = "NONE"
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.this.id}"
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = jsonencode(local.access_log)
  }

  # Metrics of each route would be on the bill, six for every route; the access log has the routes.
  default_route_settings {
    detailed_metrics_enabled = false
    throttling_burst_limit   = var.throttle.burst
    throttling_rate_limit    = var.throttle.rate
  }

  dynamic "route_settings" {
    for_each = { for key, route in local.routes : key => route.throttle if route.throttle != null }

    content {
      detailed_metrics_enabled = false
      route_key                = route_settings.key
      throttling_burst_limit   = route_settings.value.burst
      throttling_rate_limit    = route_settings.value.rate
    }
  }

  # A route must be there before the stage can have settings for it.
  depends_on = [aws_apigatewayv2_route.this]
}

resource "aws_apigatewayv2_api_mapping" "this" {
  count = var.domain_name == null ? 0 : 1

  api_id      = aws_apigatewayv2_api.this.id
  domain_name = var.domain_name
  stage       = aws_apigatewayv2_stage.this.id
}

# The function believes what an event says of its caller's certificate, so only this API's stage may invoke it, and only what is live.
resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = var.function.name
  principal     = "apigateway.amazonaws.com"
  qualifier     = var.function.alias_name
  # `*` stands for this stage's methods and paths.
  source_arn = "${aws_apigatewayv2_api.this.execution_arn}/${aws_apigatewayv2_stage.this.name}/*"
}

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_338:How long is `log_retention_days`, for the owner of the data to say.
  # Groups under /aws/vendedlogs/ share one resource policy of the account, which would otherwise outgrow its 5,120 characters.
  name              = "/aws/vendedlogs/${var.name}-access"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.data_key_arn
}

locals {
  routes = { for route in var.routes : route.key => route }

  # Who, what, how it ended. Neither path nor query: they carry ids and codes. Neither header nor address of the caller.
  access_log = {
    api_id              = "$context.apiId"
    certificate_serial  = "$context.identity.clientCert.serialNumber"
    certificate_subject = "$context.identity.clientCert.subjectDN"
    error               = "$context.error.message"
    integration_error   = "$context.integrationErrorMessage"
    integration_ms      = "$context.integrationLatency"
    integration_status  = "$context.integrationStatus"
    latency_ms          = "$context.responseLatency"
    request_id          = "$context.requestId"
    response_bytes      = "$context.responseLength"
    route               = "$context.routeKey"
    status              = "$context.status"
    time                = "$context.requestTimeEpoch"
  }
}
