mock_provider "aws" {
  # The mock's own text is no policy, which the provider refuses.
  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    }
  }

  mock_data "aws_partition" {
    defaults = {
      partition = "aws"
    }
  }
}

variables {
  bucket = "sallyport-dev-truststore-123456789012"
}

run "says_where_the_bundle_lies" {
  assert {
    condition     = output.bucket == "sallyport-dev-truststore-123456789012" && output.key == "truststore.pem"
    error_message = "The domain would look for the bundle elsewhere."
  }

  assert {
    condition     = output.object_arn == "arn:aws:s3:::sallyport-dev-truststore-123456789012/truststore.pem"
    error_message = "Rights on the bundle would be rights on something else."
  }
}

run "a_name_with_a_dot_is_refused" {
  command = plan

  variables {
    bucket = "sallyport.dev"
  }

  expect_failures = [var.bucket]
}
