# One Lambda function: its log group, its role, its published version and the alias that callers use.
# The role may write its own log and its own traces; what else it may do, the caller says in `policy_json`.

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:How long is `log_retention_days`, for the owner of the data to say; a year by default would keep more than anybody asked for.
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.data_key_arn
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_173:No environment holds a secret: settings name the parameters that do. AWS encrypts it with its own key.
  #checkov:skip=CKV_AWS_272:Releases are attested where they are built and compared before they are deployed; AWS Signer would need a bucket and a job of its own.
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn

  architectures    = ["arm64"]
  filename         = var.bundle
  handler          = var.handler
  memory_size      = var.memory_mb
  package_type     = "Zip"
  publish          = true
  runtime          = var.runtime
  source_code_hash = filebase64sha256(var.bundle)
  timeout          = var.timeout_seconds

  # -1: none reserved. Accounts whose whole quota is 10 refuse any other value.
  reserved_concurrent_executions = var.reserved_concurrency

  environment {
    variables = var.environment
  }

  # Our code writes finished JSON lines; Lambda's own JSON format would wrap each in another object.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = "Active"
  }

  dynamic "dead_letter_config" {
    for_each = aws_sqs_queue.dead

    content {
      target_arn = dead_letter_config.value.arn
    }
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      security_group_ids = vpc_config.value.security_group_ids
      subnet_ids         = vpc_config.value.subnet_ids
    }
  }

  lifecycle {
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    precondition {
      condition     = sum(concat([0], [for name, value in var.environment : length(name) + length(value)])) <= 4096
      error_message = "The environment of ${var.name} is longer than the 4 kB that Lambda allows. Certificates in it (a private Redis authority, a truststore with several authorities) are what is long."
    }
  }

  # Lambda tries the rights to log, to trace, to queue and to join a network when it makes the function.
  depends_on = [aws_iam_role_policy.runtime, aws_iam_role_policy.work]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What callers invoke; an earlier version here is a rollback."
  function_name    = aws_lambda_function.this.function_name
  function_version = coalesce(var.live_version, aws_lambda_function.this.version)
}

# Lambda's defaults (six hours, two more tries) suit nobody who waits for an answer.
resource "aws_lambda_function_event_invoke_config" "live" {
  function_name                = aws_lambda_function.this.function_name
  maximum_event_age_in_seconds = var.asynchronous ? 3600 : 60
  maximum_retry_attempts       = var.asynchronous ? 2 : 0
  qualifier                    = aws_lambda_alias.live.name
}

# Where an event ends that failed every try. A function that somebody waits for has none: its caller gets the error.
resource "aws_sqs_queue" "dead" {
  count = var.asynchronous ? 1 : 0

  name                              = "${var.name}-dead"
  kms_data_key_reuse_period_seconds = 300
  kms_master_key_id                 = var.data_key_arn
  message_retention_seconds         = 14 * 24 * 3600
}

data "aws_iam_policy_document" "queue" {
  count = var.asynchronous ? 1 : 0

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.dead_letter_arn]

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
  count = var.asynchronous ? 1 : 0

  policy    = data.aws_iam_policy_document.queue[0].json
  queue_url = aws_sqs_queue.dead[0].id
}
