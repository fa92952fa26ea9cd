# What the table is, and what is refused. Its policy is read from a real provider's plan in test/infra.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  data_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  name         = "sallyport-dev-conversations"
}

run "makes_one_table_by_person_and_conversation" {
  assert {
    condition = (
      aws_dynamodb_table.this.name == var.name && aws_dynamodb_table.this.hash_key == "person" &&
      aws_dynamodb_table.this.range_key == "conversation_id" && aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    )
    error_message = "The table is on demand, keyed by person and conversation."
  }

  assert {
    condition     = aws_dynamodb_table.this.stream_enabled && aws_dynamodb_table.this.stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "Its stream holds each item before and after a change."
  }

  assert {
    condition = (
      aws_dynamodb_table.this.server_side_encryption[0].enabled && aws_dynamodb_table.this.server_side_encryption[0].kms_key_arn == var.data_key_arn &&
      aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.deletion_protection_enabled
    )
    error_message = "It is encrypted with the data key, can be restored, and is protected from deletion."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.ttl).enabled && one(aws_dynamodb_table.this.ttl).attribute_name == "ttl"
    error_message = "It forgets by `ttl`."
  }

  assert {
    condition = (
      one(aws_dynamodb_table.this.local_secondary_index).range_key == "updated_at" &&
      !contains(one(aws_dynamodb_table.this.local_secondary_index).non_key_attributes, "messages")
    )
    error_message = "Its index lists by time and holds nothing that was said."
  }
}

run "can_leave_the_table_deletable" {
  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "deletion_protection = false must hold."
  }
}

run "refuses_a_keys_alias" {
  command = plan

  variables {
    data_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/sallyport-dev-data"
  }

  expect_failures = [var.data_key_arn]
}

run "refuses_a_name_that_the_functions_would_not_find" {
  command = plan

  variables {
    name = "sallyport-dev-chats"
  }

  expect_failures = [var.name]
}

run "refuses_a_longer_memory_than_there_is" {
  command = plan

  variables {
    recovery_days = 36
  }

  expect_failures = [var.recovery_days]
}
