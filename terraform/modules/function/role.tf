# One role for one function. Only Lambda may take it, and the boundary holds whatever is attached later.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # Written out: what the role may do is then told by the plan, before there is a log group or a queue; and the function's own attribute
  # would make its role wait for it.
  arn_end         = "${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
  dead_letter_arn = "arn:${data.aws_partition.current.partition}:sqs:${local.arn_end}:${var.name}-dead"
  function_arn    = "arn:${data.aws_partition.current.partition}:lambda:${local.arn_end}:function:${var.name}"
  log_group_arn   = "arn:${data.aws_partition.current.partition}:logs:${local.arn_end}:log-group:/aws/lambda/${var.name}"
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "runtime" {
  statement {
    sid     = "OwnLog"
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    # `:*` are the streams of this one group; Lambda names them.
    resources = ["${local.log_group_arn}:*"]
  }

  statement {
    sid     = "Traces"
    actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    # X-Ray knows no resources for these.
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = var.asynchronous ? [local.dead_letter_arn] : []

    content {
      sid       = "OwnDeadLetters"
      actions   = ["sqs:SendMessage"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.asynchronous ? [local.dead_letter_arn] : []

    content {
      sid       = "SealDeadLetters"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [var.data_key_arn]

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:aws:sqs:arn"
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      sid = "JoinNetwork"
      actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "ec2:UnassignPrivateIpAddresses",
      ]
      # Lambda makes the interfaces before their ids exist, and demands these rights on all.
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      sid    = "JoinNetworkByLambdaOnly"
      effect = "Deny"
      actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "ec2:UnassignPrivateIpAddresses",
      ]
      # As above; this takes from the function's own code what Lambda needs.
      resources = ["*"]

      condition {
        test     = "ArnEquals"
        variable = "lambda:SourceFunctionArn"
        values   = [local.function_arn]
      }
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "Runs the function ${var.name} and nothing else."
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.boundary_arn
}

resource "aws_iam_role_policy" "runtime" {
  name   = "runtime"
  policy = data.aws_iam_policy_document.runtime.json
  role   = aws_iam_role.this.id
}

resource "aws_iam_role_policy" "work" {
  name   = "work"
  policy = var.policy_json
  role   = aws_iam_role.this.id
}
