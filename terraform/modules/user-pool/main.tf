# A Cognito user pool that makes access tokens for one resource, our OAuth door. It has the door's scopes and clients that can keep no secret;
# a client that has one is made by an operator, because Terraform would keep the secret in its state, and is told of elsewhere by its id.

data "aws_region" "current" {}

locals {
  identifiers = { for scope in var.scopes : scope => "${var.resource}/${scope}" }
}

resource "aws_cognito_user_pool" "this" {
  name                     = var.name
  auto_verified_attributes = ["email"]
  deletion_protection      = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  mfa_configuration        = var.mfa
  user_pool_tier           = "ESSENTIALS"
  username_attributes      = ["email"]

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  # Nobody signs up: an operator says who there is.
  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  password_policy {
    minimum_length                   = 14
    password_history_size            = 4
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = false
    require_uppercase                = true
    temporary_password_validity_days = 3
  }

  dynamic "software_token_mfa_configuration" {
    for_each = var.mfa == "OFF" ? [] : [1]

    content {
      enabled = true
    }
  }

  # A changed address counts when its owner has proved it.
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  username_configuration {
    case_sensitive = false
  }
}

# Where people sign in, on a name of Amazon's.
resource "aws_cognito_user_pool_domain" "this" {
  domain       = var.sign_in_prefix
  user_pool_id = aws_cognito_user_pool.this.id
}

# Clients ask for the resource by its address (RFC 8707): so the identifier is the address.
resource "aws_cognito_resource_server" "door" {
  identifier   = var.resource
  name         = "${var.name}-tools"
  user_pool_id = aws_cognito_user_pool.this.id

  dynamic "scope" {
    for_each = local.identifiers

    content {
      scope_name        = scope.key
      scope_description = "Tools of Sallyport: ${scope.key}"
    }
  }
}

resource "aws_cognito_user_pool_client" "this" {
  for_each = var.clients

  name                                 = "${var.name}-${each.key}"
  access_token_validity                = 60
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_scopes                 = concat(["openid"], [for scope in coalesce(each.value.scopes, var.scopes) : local.identifiers[scope]])
  auth_session_validity                = 3
  callback_urls                        = each.value.callback_urls
  enable_token_revocation              = true
  # No password reaches the pool but through its own page.
  explicit_auth_flows           = ["ALLOW_REFRESH_TOKEN_AUTH"]
  generate_secret               = false
  id_token_validity             = 60
  prevent_user_existence_errors = "ENABLED"
  # Of a person a client may know no more.
  read_attributes              = ["email"]
  refresh_token_validity       = 30
  supported_identity_providers = ["COGNITO"]
  user_pool_id                 = aws_cognito_user_pool.this.id
  write_attributes             = ["email"]

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }

  # Its scopes must be there.
  depends_on = [aws_cognito_resource_server.door]
}
