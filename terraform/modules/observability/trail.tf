# What was called in this account and region, written down by CloudTrail: without a trail EventBridge hears of no call (authority.tf).
# The first one of an account and region is free but for what S3 keeps.

locals {
  trail_count  = var.create_trail ? 1 : 0
  trail_name   = "${var.prefix}-calls"
  trail_bucket = "${var.prefix}-calls-${local.account}"
  trail_arn    = "arn:${local.partition}:cloudtrail:${local.region}:${local.account}:trail/${local.trail_name}"
  # Written out: the plan then shows the policy, before there is a bucket.
  trail_bucket_arn = "arn:${local.partition}:s3:::${local.trail_bucket}"
}

resource "aws_cloudtrail" "calls" {
  #checkov:skip=CKV_AWS_35: S3's own key encrypts it; it must be readable after our keys are gone
  #checkov:skip=CKV_AWS_67: it is here for one key, which lies in this region; an account's own trail is the account's
  #checkov:skip=CKV_AWS_252: what matters is told by EventBridge, not by each file
  #checkov:skip=CKV2_AWS_10: what matters is told by EventBridge; the files are for looking back

  count = local.trail_count

  name                          = local.trail_name
  enable_log_file_validation    = true
  include_global_service_events = false
  s3_bucket_name                = aws_s3_bucket.calls[0].id

  depends_on = [aws_s3_bucket_policy.calls]

  # What is recorded beyond management events an operator says (docs/operations.md): the deploy role could as well say that nothing is.
  lifecycle {
    ignore_changes = [advanced_event_selector, event_selector]
  }
}

resource "aws_s3_bucket" "calls" {
  #checkov:skip=CKV_AWS_18: a log of who read the log would need one of its own
  #checkov:skip=CKV_AWS_144: it is for looking back in this region
  #checkov:skip=CKV_AWS_145: it must be readable after our keys are gone
  #checkov:skip=CKV2_AWS_62: nothing waits for a file of it

  count = local.trail_count

  bucket        = local.trail_bucket
  force_destroy = var.disposable
}

resource "aws_s3_bucket_ownership_controls" "calls" {
  count  = local.trail_count
  bucket = aws_s3_bucket.calls[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "calls" {
  count  = local.trail_count
  bucket = aws_s3_bucket.calls[0].id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "calls" {
  count  = local.trail_count
  bucket = aws_s3_bucket.calls[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "calls" {
  count  = local.trail_count
  bucket = aws_s3_bucket.calls[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "calls" {
  count  = local.trail_count
  bucket = aws_s3_bucket.calls[0].id

  rule {
    id     = "forget"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    expiration {
      days = var.trail_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.calls]
}

data "aws_iam_policy_document" "calls" {
  count = local.trail_count

  statement {
    sid       = "TrailLooks"
    actions   = ["s3:GetBucketAcl"]
    resources = [local.trail_bucket_arn]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid     = "TrailWrites"
    actions = ["s3:PutObject"]
    # CloudTrail names its files by date.
    resources = ["${local.trail_bucket_arn}/AWSLogs/${local.account}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }
  }

  statement {
    sid    = "TlsOnly"
    effect = "Deny"
    # Every action, by everyone: what is refused is the way it comes.
    actions   = ["s3:*"]
    resources = [local.trail_bucket_arn, "${local.trail_bucket_arn}/*"]

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

  statement {
    sid    = "ModernTlsOnly"
    effect = "Deny"
    # As above.
    actions   = ["s3:*"]
    resources = [local.trail_bucket_arn, "${local.trail_bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = ["1.2"]
    }
  }

  # Closes behind whoever made the bucket: the deploy role sets all of this once, before there is this policy, and nothing of it again. With
  # any of it the record could be emptied, or CloudTrail kept from writing on. Changes, this policy's too, are an operator's.
  statement {
    sid    = "MadeOnce"
    effect = "Deny"
    actions = [
      "s3:DeleteBucketPolicy",
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketPolicy",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
    ]
    resources = [local.trail_bucket_arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    # By name, and not as the principal, which has to exist: an account without GitHub has no such role.
    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = ["arn:${local.partition}:iam::${local.account}:role/${var.prefix}-deploy"]
    }
  }
}

resource "aws_s3_bucket_policy" "calls" {
  count = local.trail_count

  bucket = aws_s3_bucket.calls[0].bucket
  policy = data.aws_iam_policy_document.calls[0].json

  # The last of all: after it the deploy role can set none of these.
  depends_on = [
    aws_s3_bucket_lifecycle_configuration.calls,
    aws_s3_bucket_ownership_controls.calls,
    aws_s3_bucket_public_access_block.calls,
    aws_s3_bucket_server_side_encryption_configuration.calls,
    aws_s3_bucket_versioning.calls,
  ]
}
