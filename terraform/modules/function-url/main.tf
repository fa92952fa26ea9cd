# A Function URL before the alias of one function, which passes on what the function writes as it writes it. Whoever AWS does not know by SigV4
# gets no further, or, where the function checks its callers alone (`NONE`), everybody gets as far as that check.

resource "aws_lambda_function_url" "this" {
  #checkov:skip=CKV_AWS_258:NONE is for callers with a token of ours or of an issuer's, which AWS knows nothing of; the function checks it, and the service root has none unless it is asked for.
  authorization_type = var.authorization
  function_name      = var.function.name
  invoke_mode        = var.invoke_mode
  qualifier          = var.function.alias_name

  dynamic "cors" {
    for_each = length(var.cors_origins) > 0 ? [var.cors_origins] : []

    content {
      # Tokens and signatures are in headers that a page sets itself; no cookie counts here.
      allow_credentials = false
      allow_headers     = concat(local.headers, var.authorization == "AWS_IAM" ? local.signature_headers : [])
      # Lambda answers OPTIONS by itself.
      allow_methods  = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]
      allow_origins  = cors.value
      expose_headers = ["location", "retry-after", "server-timing", "www-authenticate", "x-request-id"]
      max_age        = 600
    }
  }
}

# Without signatures everybody may call, by the URL alone: Lambda asks for both of these rights.
resource "aws_lambda_permission" "everybody" {
  #checkov:skip=CKV_AWS_301:The URL is meant for everybody; the function checks the token of each caller.
  count = var.authorization == "NONE" ? 1 : 0

  action                 = "lambda:InvokeFunctionUrl"
  function_name          = var.function.name
  function_url_auth_type = "NONE"
  principal              = "*"
  qualifier              = var.function.alias_name
  statement_id           = "everybody-by-url"
}

# The second right, by CloudFormation: version 5 of the provider cannot say `InvokedViaFunctionUrl`, and without it everybody could invoke the
# function by the Lambda API, with any event they like.
resource "aws_cloudformation_stack" "everybody" {
  #checkov:skip=CKV_AWS_124:One permission, made and removed with the URL; Terraform waits for it and tells how it ended.
  count = var.authorization == "NONE" ? 1 : 0

  name = "${var.function.name}-url"

  template_body = jsonencode({
    Description = "Lets everybody call ${var.function.name} by its Function URL, and by nothing else."
    Resources = {
      Everybody = {
        Type = "AWS::Lambda::Permission"
        Properties = {
          Action                = "lambda:InvokeFunction"
          FunctionName          = "${var.function.arn}:${var.function.alias_name}"
          InvokedViaFunctionUrl = true
          Principal             = "*"
        }
      }
    }
  })

  depends_on = [aws_lambda_function_url.this]
}

# What a role or user of this account needs to call a URL that asks for signatures. It is attached by whoever says who may: nobody has it from here.
data "aws_iam_policy_document" "callers" {
  statement {
    sid       = "CallByUrl"
    actions   = ["lambda:InvokeFunctionUrl"]
    resources = local.callable

    condition {
      test     = "StringEquals"
      variable = "lambda:FunctionUrlAuthType"
      values   = ["AWS_IAM"]
    }
  }

  # By the URL only: whoever may invoke a function directly can make up who its caller is.
  statement {
    sid       = "ByUrlAlone"
    actions   = ["lambda:InvokeFunction"]
    resources = local.callable

    condition {
      test     = "Bool"
      variable = "lambda:InvokedViaFunctionUrl"
      values   = ["true"]
    }
  }
}

locals {
  callable          = [var.function.arn, "${var.function.arn}:${var.function.alias_name}"]
  headers           = ["accept", "authorization", "content-type", "traceparent", "x-sallyport-authorization"]
  signature_headers = ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"]
}
