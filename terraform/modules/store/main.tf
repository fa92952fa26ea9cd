# Records in DynamoDB: one table for each class of trust, so that what a person has consented to never shares a table with what an agent
# writes. Which function may do what where is generated from the code (access.json); here it becomes policies, and nothing is added.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  access = jsondecode(file("${path.module}/access.json"))

  table_names = { for class in local.access.tables : class => "${var.prefix}-${class}" }
  # Written out: what a function may do is then told by the plan, before there is a table.
  table_arns = {
    for class, name in local.table_names : class =>
    "arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:table/${name}"
  }
}

resource "aws_dynamodb_table" "this" {
  for_each = local.table_names

  name                        = each.value
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = var.deletion_protection
  hash_key                    = "p"
  range_key                   = "s"

  attribute {
    name = "p"
    type = "S"
  }

  attribute {
    name = "s"
    type = "S"
  }

  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = var.recovery_days
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.data_key_arn
  }

  # DynamoDB deletes days late: readers look at the time themselves.
  ttl {
    attribute_name = "ttl"
    enabled        = true
  }
}

data "aws_iam_policy_document" "function" {
  for_each = local.access.functions

  dynamic "statement" {
    for_each = { for index, statement in each.value : format("%02d", index) => statement }

    content {
      sid       = "${title(statement.value.table)}${statement.key}"
      actions   = statement.value.actions
      resources = [local.table_arns[statement.value.table]]

      condition {
        test     = "ForAllValues:StringLike"
        variable = "dynamodb:LeadingKeys"
        values   = statement.value.leading_keys
      }

      # "For all values" holds for no value too: a request that names no key is refused.
      condition {
        test     = "Null"
        variable = "dynamodb:LeadingKeys"
        values   = ["false"]
      }
    }
  }

  # DynamoDB opens an encrypted table with its caller's rights on the key: of these tables, and through DynamoDB only.
  statement {
    sid       = "OpenTables"
    actions   = ["kms:Decrypt"]
    resources = [var.data_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${data.aws_region.current.id}.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:dynamodb:tableName"
      values   = sort(distinct([for statement in each.value : local.table_names[statement.table]]))
    }
  }
}
