# One URL, one alias, and nobody who may call it by anything else.

mock_provider "aws" {
  mock_resource "aws_lambda_function_url" {
    defaults = {
      function_url = "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws/"
      url_id       = "abcdefghijklmnopqrstuvwxyz012345"
    }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Statement\":[]}" }
  }
}

variables {
  authorization = "AWS_IAM"

  function = {
    name       = "sallyport-dev-stream"
    arn        = "arn:aws:lambda:eu-central-1:123456789012:function:sallyport-dev-stream"
    alias_name = "live"
  }
}

run "streams_from_the_alias_to_whoever_signs" {
  assert {
    condition = (
      aws_lambda_function_url.this.invoke_mode == "RESPONSE_STREAM" && aws_lambda_function_url.this.qualifier == "live"
      && aws_lambda_function_url.this.authorization_type == "AWS_IAM"
    )
    error_message = "The URL streams, leads to what is live, and asks for signatures."
  }

  assert {
    condition     = length(aws_lambda_permission.everybody) == 0 && length(aws_cloudformation_stack.everybody) == 0
    error_message = "With signatures, nobody may call whom IAM does not let."
  }

  assert {
    condition     = length(aws_lambda_function_url.this.cors) == 0
    error_message = "Without origins there is no CORS."
  }

  assert {
    condition     = output.url == "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws" && output.callers_policy != null
    error_message = "The outputs say where it is, and what its callers need."
  }
}

run "lets_everybody_in_by_the_url_alone_where_that_is_asked_for" {
  variables {
    authorization = "NONE"
  }

  assert {
    condition = (
      aws_lambda_permission.everybody[0].action == "lambda:InvokeFunctionUrl" && aws_lambda_permission.everybody[0].function_url_auth_type == "NONE"
      && aws_lambda_permission.everybody[0].qualifier == "live"
    )
    error_message = "Everybody may call by a URL without signatures, and what is live."
  }

  assert {
    condition = jsondecode(aws_cloudformation_stack.everybody[0].template_body).Resources.Everybody.Properties == {
      Action                = "lambda:InvokeFunction"
      FunctionName          = "arn:aws:lambda:eu-central-1:123456789012:function:sallyport-dev-stream:live"
      InvokedViaFunctionUrl = true
      Principal             = "*"
    }
    error_message = "The function may be invoked by everybody through its URL only."
  }

  assert {
    condition     = output.callers_policy == null
    error_message = "Nobody needs a policy for it."
  }
}

run "tells_browsers_of_named_origins_only" {
  variables {
    cors_origins = ["https://app.example.com"]
  }

  assert {
    condition = (
      toset(aws_lambda_function_url.this.cors[0].allow_origins) == toset(["https://app.example.com"])
      && aws_lambda_function_url.this.cors[0].allow_credentials == false
      && contains(aws_lambda_function_url.this.cors[0].allow_headers, "x-amz-date")
    )
    error_message = "Named origins, without credentials, with the headers of a signature."
  }
}

run "refuses_every_origin_at_once" {
  command = plan

  variables {
    cors_origins = ["*"]
  }

  expect_failures = [var.cors_origins]
}

run "refuses_a_version_as_a_function" {
  command = plan

  variables {
    function = {
      name       = "sallyport-dev-stream"
      arn        = "arn:aws:lambda:eu-central-1:123456789012:function:sallyport-dev-stream:7"
      alias_name = "live"
    }
  }

  expect_failures = [var.function]
}
