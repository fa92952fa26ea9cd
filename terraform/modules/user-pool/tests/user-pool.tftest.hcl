# Who may come in by the pool, and what no client of it may be.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }

  mock_resource "aws_cognito_user_pool" {
    defaults = {
      arn      = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_a1B2c3D4e"
      endpoint = "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_a1B2c3D4e"
      id       = "eu-central-1_a1B2c3D4e"
    }
  }
}

variables {
  clients = {
    bridge = { callback_urls = ["http://127.0.0.1:8123/callback"], scopes = ["calendar.read"] }
    editor = { callback_urls = ["http://localhost:3118/callback", "https://editor.example.com/back", "com.example.editor:/back"] }
  }
  name           = "sallyport-dev"
  resource       = "https://tools.dev.sallyport.example.com/mcp"
  scopes         = ["calendar.read", "calendar.write"]
  sign_in_prefix = "sallyport-dev-example"
}

run "adds_nobody_by_itself_asks_for_a_second_factor_and_stays" {
  assert {
    condition = alltrue([
      aws_cognito_user_pool.this.admin_create_user_config[0].allow_admin_create_user_only,
      aws_cognito_user_pool.this.mfa_configuration == "ON",
      aws_cognito_user_pool.this.software_token_mfa_configuration[0].enabled,
      aws_cognito_user_pool.this.deletion_protection == "ACTIVE",
    ])
    error_message = "Somebody could sign up, sign in by a password alone, or lose the pool by accident."
  }

  assert {
    condition     = output.issuer == "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_a1B2c3D4e"
    error_message = "The issuer is not the one that tokens name."
  }
}

run "makes_clients_without_a_secret_that_send_a_browser" {
  assert {
    condition = alltrue(flatten([
      for client in aws_cognito_user_pool_client.this : [
        client.generate_secret == false,
        tolist(client.allowed_oauth_flows) == tolist(["code"]),
        tolist(client.explicit_auth_flows) == tolist(["ALLOW_REFRESH_TOKEN_AUTH"]),
        client.access_token_validity == 60 && client.token_validity_units[0].access_token == "minutes",
        client.enable_token_revocation,
      ]
    ]))
    error_message = "A client has a secret in the state, an implicit flow, passwords in the clear or tokens without an end."
  }
}

run "gives_each_client_its_scopes_at_the_door" {
  assert {
    condition     = toset(aws_cognito_user_pool_client.this["bridge"].allowed_oauth_scopes) == toset(["openid", "https://tools.dev.sallyport.example.com/mcp/calendar.read"])
    error_message = "A client could ask for more than it was given."
  }

  assert {
    condition     = toset(aws_cognito_user_pool_client.this["editor"].allowed_oauth_scopes) == toset(concat(["openid"], keys(output.scopes)))
    error_message = "A client without a list has all of the door's scopes."
  }

  assert {
    condition = output.scopes == {
      "https://tools.dev.sallyport.example.com/mcp/calendar.read"  = "calendar.read"
      "https://tools.dev.sallyport.example.com/mcp/calendar.write" = "calendar.write"
    }
    error_message = "A scope of the pool stands for another one of ours."
  }
}

run "has_no_second_factor_only_where_that_is_said" {
  variables {
    mfa = "OFF"
  }

  assert {
    condition     = aws_cognito_user_pool.this.mfa_configuration == "OFF" && length(aws_cognito_user_pool.this.software_token_mfa_configuration) == 0
    error_message = "Cognito refuses an app's codes where there is no second factor."
  }
}

run "refuses_a_callback_that_anybody_on_the_way_can_read" {
  command = plan

  variables {
    clients = { editor = { callback_urls = ["http://editor.example.com/back"] } }
  }

  expect_failures = [var.clients]
}

run "refuses_a_client_without_a_callback" {
  command = plan

  variables {
    clients = { editor = { callback_urls = [] } }
  }

  expect_failures = [var.clients]
}

run "refuses_a_scope_that_the_pool_does_not_have" {
  command = plan

  variables {
    clients = { editor = { callback_urls = ["https://editor.example.com/back"], scopes = ["aws.write"] } }
  }

  expect_failures = [var.clients]
}

run "refuses_a_scope_that_answers_approvals" {
  command = plan

  variables {
    clients = {}
    scopes  = ["confirm"]
  }

  expect_failures = [var.scopes]
}

run "refuses_names_that_amazon_refuses_and_a_resource_in_clear" {
  command = plan

  variables {
    mfa            = "on"
    name           = "Sallyport"
    resource       = "http://tools.example.com/mcp"
    sign_in_prefix = "my-aws-tools"
  }

  expect_failures = [var.mfa, var.name, var.resource, var.sign_in_prefix]
}
