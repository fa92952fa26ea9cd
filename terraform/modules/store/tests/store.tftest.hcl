# What every table is, and what is refused. Policies are read from a real provider's plan in test/infra.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  data_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  prefix       = "sallyport-dev"
}

run "makes_a_table_for_each_class_of_trust" {
  assert {
    condition     = toset([for table in aws_dynamodb_table.this : table.name]) == toset([for class in jsondecode(file("./access.json")).tables : "sallyport-dev-${class}"])
    error_message = "The tables must be the classes of access.json."
  }

  assert {
    condition = alltrue([for table in aws_dynamodb_table.this : (
      table.billing_mode == "PAY_PER_REQUEST" && table.deletion_protection_enabled && table.hash_key == "p" && table.range_key == "s"
    )])
    error_message = "Every table is on demand, protected from deletion, and keyed by p and s."
  }

  assert {
    condition = alltrue([for table in aws_dynamodb_table.this : (
      table.server_side_encryption[0].enabled && table.server_side_encryption[0].kms_key_arn == var.data_key_arn
    )])
    error_message = "Every table is encrypted with the data key."
  }

  assert {
    condition = alltrue([for table in aws_dynamodb_table.this : (
      table.point_in_time_recovery[0].enabled && one(table.ttl).enabled && one(table.ttl).attribute_name == "ttl"
    )])
    error_message = "Every table can be restored, and forgets by `ttl`."
  }
}

run "gives_each_function_a_policy_of_its_own" {
  assert {
    condition     = toset(keys(output.policies)) == toset(keys(jsondecode(file("./access.json")).functions))
    error_message = "The policies must be those of access.json's functions."
  }

  assert {
    condition     = output.table_prefix == "sallyport-dev-"
    error_message = "The functions' prefix ends in a hyphen."
  }
}

run "can_leave_a_table_deletable" {
  variables {
    deletion_protection = false
  }

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.this : !table.deletion_protection_enabled])
    error_message = "deletion_protection = false must hold for every table."
  }
}

run "refuses_a_keys_alias" {
  command = plan

  variables {
    data_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/sallyport-dev-data"
  }

  expect_failures = [var.data_key_arn]
}

run "refuses_a_prefix_that_ends_in_a_hyphen" {
  command = plan

  variables {
    prefix = "sallyport-dev-"
  }

  expect_failures = [var.prefix]
}

run "refuses_a_longer_memory_than_there_is" {
  command = plan

  variables {
    recovery_days = 36
  }

  expect_failures = [var.recovery_days]
}
