# A queue between who leaves work and the function that does it: a message says which record to look at, and nothing else. What fails again and
# again ends in a second queue, where somebody looks at it.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # Written out: what the functions are told and may do is then in the plan, before there is a queue.
  arn_end   = "${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
  queue_arn = "arn:${data.aws_partition.current.partition}:sqs:${local.arn_end}:${var.name}"
  queue_url = "https://sqs.${data.aws_region.current.id}.${data.aws_partition.current.dns_suffix}/${data.aws_caller_identity.current.account_id}/${var.name}"
}

resource "aws_sqs_queue" "this" {
  name                              = var.name
  kms_data_key_reuse_period_seconds = 300
  kms_master_key_id                 = var.data_key_arn
  # Nothing is of use for longer: its record has ended by then.
  message_retention_seconds = 24 * 3600
  # A message that a function is at is handed to nobody else until the function's time is over.
  visibility_timeout_seconds = var.function_timeout_seconds + 15

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.tries
  })
}

resource "aws_sqs_queue" "dead" {
  name                              = "${var.name}-dead"
  kms_data_key_reuse_period_seconds = 300
  kms_master_key_id                 = var.data_key_arn
  message_retention_seconds         = 14 * 24 * 3600
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.queue_arn]
  })
}

data "aws_iam_policy_document" "queue" {
  for_each = { dead = "${local.queue_arn}-dead", this = local.queue_arn }

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value]

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
  policy    = data.aws_iam_policy_document.queue["dead"].json
  queue_url = aws_sqs_queue.dead.id
}

resource "aws_sqs_queue_policy" "this" {
  policy    = data.aws_iam_policy_document.queue["this"].json
  queue_url = aws_sqs_queue.this.id
}

# Lambda asks the queue with the worker's role. One message at a time: each may take all of the function's time.
resource "aws_lambda_event_source_mapping" "worker" {
  batch_size              = 1
  event_source_arn        = aws_sqs_queue.this.arn
  function_name           = var.function_alias_arn
  function_response_types = ["ReportBatchItemFailures"]

  # The APIs share the account's concurrency with the worker.
  scaling_config {
    maximum_concurrency = var.maximum_concurrency
  }
}

data "aws_iam_policy_document" "send" {
  statement {
    sid       = "Send${var.what}"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arn]
  }

  statement {
    sid       = "Seal${var.what}"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.data_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:sqs:arn"
      values   = [local.queue_arn]
    }
  }
}

data "aws_iam_policy_document" "work" {
  statement {
    sid       = "Take${var.what}"
    actions   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [local.queue_arn]
  }

  statement {
    sid       = "Open${var.what}"
    actions   = ["kms:Decrypt"]
    resources = [var.data_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:sqs:arn"
      values   = [local.queue_arn]
    }
  }
}
