# The roles that Sallyport's AWS tools act with in one account: one that only reads, and one for the two things that they may change. No
# function has these rights itself: it becomes the role for a read, and has neither its own secrets nor its own keys meanwhile.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # Made from the lists of what the tools may ask: build/aws-policies.ts.
  actions = jsondecode(file("${path.module}/actions.json"))
  # As it stands in an ARN of a role, its fifth part.
  trusted_accounts = distinct([for arn in var.trusted_roles : split(":", arn)[4]])
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "TheseRolesAlone"
    actions = ["sts:AssumeRole"]

    # Accounts, because a role that is not there yet can be no principal; the condition says which roles of them.
    principals {
      type        = "AWS"
      identifiers = [for account in local.trusted_accounts : "arn:${local.partition}:iam::${account}:root"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = var.trusted_roles
    }
  }
}

resource "aws_iam_role" "reads" {
  name                 = "${var.prefix}-aws-reads"
  description          = "What Sallyport's AWS tools read with. It changes nothing and sees no values."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
}

resource "aws_iam_role" "writes" {
  count = var.writes == null ? 0 : 1

  name                 = "${var.prefix}-aws-writes"
  description          = "What Sallyport's AWS tools change things with, each time with a person's yes."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
}
