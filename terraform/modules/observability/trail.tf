# What was called in this account and region, written down by CloudTrail: without a trail EventBridge hears of no call (authority.tf).
# The first one of an account and region is free but for what S3 keeps.

locals {
  trail_count  = var.create_trail ? 1 : 0
  trail_name   = "${var.prefix}-calls"
  trail_bucket = "${var.prefix}-calls-${local.account}"
  trail_arn    = "arn:${local.partition}:cloudtrail:${local.region}:${local.account}:trail/${local.trail_name}"
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
    resources = [aws_s3_bucket.calls[0].arn]

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
    resources = ["${aws_s3_bucket.calls[0].arn}/AWSLogs/${local.account}/*"]

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
    resources = [aws_s3_bucket.calls[0].arn, "${aws_s3_bucket.calls[0].arn}/*"]

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

resource "aws_s3_bucket_policy" "calls" {
  count = local.trail_count

  bucket = aws_s3_bucket.calls[0].id
  policy = data.aws_iam_policy_document.calls[0].json

  depends_on = [aws_s3_bucket_public_access_block.calls]
}
