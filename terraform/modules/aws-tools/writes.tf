# The two things that the tools may change, each only where the operator says so. What they read before and after, they read with the other role.

data "aws_iam_policy_document" "writes" {
  count = var.writes == null ? 0 : 1

  dynamic "statement" {
    for_each = length(var.writes.services) == 0 ? [] : [1]

    content {
      sid       = "UpdateServices"
      actions   = ["ecs:UpdateService"]
      resources = var.writes.services
    }
  }

  # Tags are set by one call, for which the service that the thing belongs to must let the caller, too.
  dynamic "statement" {
    for_each = length(var.writes.taggable) == 0 ? [] : [1]

    content {
      sid     = "TagByOneCall"
      actions = ["tag:TagResources"]
      # It knows no resources.
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.writes.taggable) == 0 ? [] : [1]

    content {
      sid       = "Tag"
      actions   = local.tag_actions
      resources = var.writes.taggable

      dynamic "condition" {
        for_each = length(var.writes.tag_keys) == 0 ? [] : [1]

        content {
          test     = "ForAllValues:StringEquals"
          variable = "aws:TagKeys"
          values   = var.writes.tag_keys
        }
      }
    }
  }

  dynamic "statement" {
    for_each = length(local.bucket_arns) == 0 ? [] : [1]

    content {
      sid       = "TagBuckets"
      actions   = ["s3:GetBucketTagging", "s3:PutBucketTagging"]
      resources = local.bucket_arns
    }
  }
}

locals {
  # Roles, users and keys are not among them: their tags often decide who may do what.
  tag_actions = [
    "cloudwatch:TagResource",
    "dynamodb:TagResource",
    "ec2:CreateTags",
    "ecr:TagResource",
    "ecs:TagResource",
    "elasticache:AddTagsToResource",
    "elasticloadbalancing:AddTags",
    "events:TagResource",
    "lambda:TagResource",
    "logs:TagResource",
    "rds:AddTagsToResource",
    "sns:TagResource",
    "sqs:TagQueue",
  ]

  # A bucket's tags are set as a whole, so no condition can name keys: buckets are taggable only where all keys are.
  bucket_arns = try(length(var.writes.tag_keys), 0) > 0 ? [] : [for arn in try(var.writes.taggable, []) : arn if can(regex("^arn:[a-z-]+:s3:::", arn))]
}

resource "aws_iam_policy" "writes" {
  count = var.writes == null ? 0 : 1

  name        = "${var.prefix}-aws-writes"
  description = "What ${var.prefix}'s AWS tools may change."
  policy      = data.aws_iam_policy_document.writes[0].json
}

resource "aws_iam_role_policy_attachment" "writes" {
  count = var.writes == null ? 0 : 1

  policy_arn = aws_iam_policy.writes[0].arn
  role       = aws_iam_role.writes[0].name
}
