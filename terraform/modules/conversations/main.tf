# Conversations in a table of their own: one partition for each person, one item for each conversation, and further items for the parts of
# one that is too long. Its stream holds each change, before and after, for a day.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # Written out: what a function may do is then told by the plan, before there is a table.
  table_arn = "arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:table/${var.name}"
  index     = "by_update"
}

resource "aws_dynamodb_table" "this" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = var.deletion_protection
  hash_key                    = "person"
  range_key                   = "conversation_id"
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"

  attribute {
    name = "person"
    type = "S"
  }

  attribute {
    name = "conversation_id"
    type = "S"
  }

  attribute {
    name = "updated_at"
    type = "N"
  }

  # A person's list, newest first, without a word of what was said. Parts have no `updated_at`, so they are not in it.
  local_secondary_index {
    name               = local.index
    range_key          = "updated_at"
    projection_type    = "INCLUDE"
    non_key_attributes = ["metadata", "ttl", "version"]
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

# What whoever works on turns may do. No scan, and never a request that names no person; which person, the function decides.
data "aws_iam_policy_document" "function" {
  statement {
    sid       = "Conversations"
    actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [local.table_arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["p_*"]
    }

    # "For all values" holds for no value too: a request that names no key is refused.
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  statement {
    sid       = "ListConversations"
    actions   = ["dynamodb:Query"]
    resources = ["${local.table_arn}/index/${local.index}"]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["p_*"]
    }

    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  # DynamoDB opens an encrypted table with its caller's rights on the key: of this table, and through DynamoDB only.
  statement {
    sid       = "OpenConversations"
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
      values   = [var.name]
    }
  }
}
