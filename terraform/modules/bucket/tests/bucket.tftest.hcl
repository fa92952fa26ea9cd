mock_provider "aws" {
  # The mock's own texts are no ARN and no policy, which the provider refuses.
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

run "versions_are_kept_and_nothing_is_public" {
  command = plan

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "The bucket keeps no versions."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "The bucket could be made public."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "Access lists could decide beside the policies."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "The bucket is not encrypted by S3."
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy == false
    error_message = "A destroy would take the bucket with everything in it."
  }
}

run "a_name_with_a_dot_is_refused" {
  command = plan

  variables {
    bucket = "sallyport.dev"
  }

  expect_failures = [var.bucket]
}

run "no_earlier_version_is_refused" {
  command = plan

  variables {
    kept_versions = 0
  }

  expect_failures = [var.kept_versions]
}
