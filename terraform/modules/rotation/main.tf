# Runs the rotation on a schedule. The scheduler's role may invoke that one alias and put what it could not deliver into one queue.
# Delivery and work fail apart: a run that could not be handed over ends in the queue here, one that failed in the function's own.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # Written out: whom the role trusts and what it may do is then told by the plan, before there is a group or a queue.
  arn_end   = "${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
  group_arn = "arn:${data.aws_partition.current.partition}:scheduler:${local.arn_end}:schedule-group/${var.name}"
  queue_arn = "arn:${data.aws_partition.current.partition}:sqs:${local.arn_end}:${var.name}-undelivered"
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
}

resource "aws_scheduler_schedule" "this" {
  #checkov:skip=CKV_AWS_297: it carries no input; a key of ours would need rights of whoever applies this

  name        = var.name
  description = "Renews the agents' credentials and moves their keys on. Harmless when run too often."
  group_name  = aws_scheduler_schedule_group.this.name

  schedule_expression = var.schedule
  state               = var.enabled ? "ENABLED" : "DISABLED"

  # Exactly then: the phases of a key wait for each other.
  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.function_alias_arn
    role_arn = aws_iam_role.scheduler.arn

    dead_letter_config {
      arn = aws_sqs_queue.dead.arn
    }

    # The next run does what this one could not: an old one is worth nothing.
    retry_policy {
      maximum_event_age_in_seconds = 900
      maximum_retry_attempts       = 3
    }
  }

  # The scheduler tries its rights when the schedule is made.
  depends_on = [aws_iam_role_policy.scheduler]
}

resource "aws_sqs_queue" "dead" {
  name                              = "${var.name}-undelivered"
  kms_data_key_reuse_period_seconds = 300
  kms_master_key_id                 = var.data_key_arn
  message_retention_seconds         = 14 * 24 * 3600
}

data "aws_iam_policy_document" "queue" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.queue_arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "dead" {
  policy    = data.aws_iam_policy_document.queue.json
  queue_url = aws_sqs_queue.dead.id
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    # The service acts for this account's group only, and for nobody who names this role from elsewhere.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.group_arn]
    }
  }
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = "Rotate"
    actions   = ["lambda:InvokeFunction"]
    resources = [var.function_alias_arn]
  }

  statement {
    sid       = "KeepUndelivered"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arn]
  }

  statement {
    sid       = "SealUndelivered"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.data_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:sqs:arn"
      values   = [local.queue_arn]
    }
  }
}

resource "aws_iam_role" "scheduler" {
  name                 = "${var.name}-scheduler"
  description          = "Invokes the rotation on its schedule, and nothing else."
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.boundary_arn
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "invoke"
  policy = data.aws_iam_policy_document.scheduler.json
  role   = aws_iam_role.scheduler.id
}
