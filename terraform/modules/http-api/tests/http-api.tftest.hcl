# One way in, for one function, on the routes that were named.

mock_provider "aws" {
  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5"
      id            = "a1b2c3d4e5"
    }
  }

  mock_resource "aws_apigatewayv2_integration" {
    defaults = { id = "i1" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:x" }
  }
}

variables {
  data_key_arn       = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  description        = "The tools."
  domain_name        = "mcp.example.com"
  log_retention_days = 30
  name               = "sallyport-dev-mcp"
  throttle           = { rate = 50, burst = 100 }

  function = {
    name             = "sallyport-dev-mcp"
    alias_name       = "live"
    alias_invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:sallyport-dev-mcp:live/invocations"
  }

  routes = [
    { key = "ANY /mcp" },
    { key = "GET /sign-in/provider", throttle = { rate = 5, burst = 10 } },
  ]
}

run "has_its_domain_and_no_other_way_in" {
  assert {
    condition     = aws_apigatewayv2_api.this.disable_execute_api_endpoint && aws_apigatewayv2_api_mapping.this[0].domain_name == "mcp.example.com"
    error_message = "With a domain the default endpoint is off."
  }

  assert {
    condition     = toset([for route in aws_apigatewayv2_route.this : route.route_key]) == toset(["ANY /mcp", "GET /sign-in/provider"])
    error_message = "The routes are those that were named."
  }
}

run "keeps_its_default_endpoint_only_without_a_domain" {
  variables {
    domain_name = null
  }

  assert {
    condition     = !aws_apigatewayv2_api.this.disable_execute_api_endpoint && length(aws_apigatewayv2_api_mapping.this) == 0
    error_message = "Without a domain there is no other way in."
  }
}

run "invokes_only_what_is_live_and_is_alone_in_that" {
  assert {
    condition = (
      aws_lambda_permission.api.action == "lambda:InvokeFunction" &&
      aws_lambda_permission.api.principal == "apigateway.amazonaws.com" &&
      aws_lambda_permission.api.function_name == "sallyport-dev-mcp" &&
      aws_lambda_permission.api.qualifier == "live" &&
      aws_lambda_permission.api.source_arn == "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/$default/*"
    )
    error_message = "Only this API's stage may invoke the function, and only its alias."
  }

  assert {
    condition     = aws_apigatewayv2_integration.this.payload_format_version == "2.0" && aws_apigatewayv2_integration.this.integration_uri == var.function.alias_invoke_arn
    error_message = "Events have payload format 2.0 and go to the alias."
  }
}

run "limits_all_routes_and_some_more_tightly" {
  assert {
    condition = (
      aws_apigatewayv2_stage.this.default_route_settings[0].throttling_rate_limit == 50 &&
      aws_apigatewayv2_stage.this.default_route_settings[0].throttling_burst_limit == 100 &&
      one(aws_apigatewayv2_stage.this.route_settings).route_key == "GET /sign-in/provider" &&
      one(aws_apigatewayv2_stage.this.route_settings).throttling_rate_limit == 5 &&
      one(aws_apigatewayv2_stage.this.route_settings).throttling_burst_limit == 10
    )
    error_message = "Each route is limited, and the one named more tightly."
  }
}

run "logs_who_called_and_nothing_that_is_secret" {
  assert {
    condition = (
      aws_cloudwatch_log_group.access.retention_in_days == 30 && aws_cloudwatch_log_group.access.kms_key_id == var.data_key_arn &&
      aws_apigatewayv2_stage.this.access_log_settings[0].destination_arn == aws_cloudwatch_log_group.access.arn
    )
    error_message = "The access log has a period and a key."
  }

  assert {
    condition = toset(values(jsondecode(aws_apigatewayv2_stage.this.access_log_settings[0].format))) == toset([
      "$context.apiId", "$context.error.message", "$context.identity.clientCert.serialNumber",
      "$context.identity.clientCert.subjectDN", "$context.integrationErrorMessage", "$context.integrationLatency",
      "$context.integrationStatus", "$context.requestId", "$context.requestTimeEpoch", "$context.responseLatency",
      "$context.responseLength", "$context.routeKey", "$context.status",
    ])
    error_message = "A line has these fields: no path, no query, no header, no address, no whole certificate."
  }
}

run "refuses_routes_that_let_anything_in" {
  command = plan

  variables {
    routes = [{ key = "$default" }]
  }

  expect_failures = [var.routes]
}

run "refuses_greedy_routes" {
  command = plan

  variables {
    routes = [{ key = "ANY /{proxy+}" }]
  }

  expect_failures = [var.routes]
}

run "refuses_a_route_named_twice" {
  command = plan

  variables {
    routes = [{ key = "ANY /mcp" }, { key = "ANY /mcp", throttle = { rate = 1, burst = 1 } }]
  }

  expect_failures = [var.routes]
}

run "refuses_no_limits" {
  command = plan

  variables {
    throttle = { rate = 0, burst = 0 }
  }

  expect_failures = [var.throttle]
}

run "refuses_what_is_no_domain_key_or_period" {
  command = plan

  variables {
    data_key_arn       = "alias/sallyport-dev-data"
    domain_name        = "https://mcp.example.com"
    log_retention_days = 31
    name               = "-"
  }

  expect_failures = [var.data_key_arn, var.domain_name, var.log_retention_days, var.name]
}
