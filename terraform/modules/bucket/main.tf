# A private bucket whose every version is kept for a while: nothing in it is public, policies alone decide, nothing reaches it without TLS.
# It is encrypted by S3's own key: what is kept in one of these must be readable by services, and after our keys are gone.

data "aws_partition" "current" {}

locals {
  # Written out: the plan then shows the policy, before there is a bucket.
  arn = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket}"
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18: a trail can be told to record who writes here (docs/operations.md); a log bucket would need one of its own
  #checkov:skip=CKV_AWS_144: what is kept here can be made again, and must not leave its region
  #checkov:skip=CKV_AWS_145: API Gateway reads no object under a KMS key, and a state must outlive our keys
  #checkov:skip=CKV2_AWS_62: nothing waits for an object to change

  bucket        = var.bucket
  force_destroy = var.disposable
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    # No access lists: policies alone decide.
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    # The way back: the newest versions stay however old they are.
    noncurrent_version_expiration {
      newer_noncurrent_versions = var.kept_versions
      noncurrent_days           = 90
    }
  }

  # Rules for versions need versions.
  depends_on = [aws_s3_bucket_versioning.this]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid    = "TlsOnly"
    effect = "Deny"
    # Every action, by everyone: what is refused is the way it comes.
    actions   = ["s3:*"]
    resources = [local.arn, "${local.arn}/*"]

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
    resources = [local.arn, "${local.arn}/*"]

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
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.bucket.json

  # S3 refuses a policy while it is still deciding what is public.
  depends_on = [aws_s3_bucket_public_access_block.this]
}
