# What refreshing and applying the service root reads and changes of a user pool of its own, where its OAuth door has one. Whom the pool knows, their passwords and the
# clients' secrets are an operator's: no statement here adds a person, sets a password or reads one.

data "aws_iam_policy_document" "deploy_cognito" {
  statement {
    sid     = "NewUserPools"
    actions = ["cognito-idp:CreateUserPool"]
    # A pool that is only asked for has no name yet.
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/application"
      values   = ["sallyport"]
    }
  }

  statement {
    sid       = "TagUserPools"
    actions   = ["cognito-idp:TagResource"]
    resources = local.named.user_pools

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/application"
      values   = ["sallyport"]
    }
  }

  statement {
    sid = "OwnUserPools"
    actions = [
      "cognito-idp:CreateResourceServer",
      "cognito-idp:CreateUserPoolClient",
      "cognito-idp:CreateUserPoolDomain",
      "cognito-idp:DeleteResourceServer",
      "cognito-idp:DeleteUserPool",
      "cognito-idp:DeleteUserPoolClient",
      "cognito-idp:DeleteUserPoolDomain",
      "cognito-idp:SetUserPoolMfaConfig",
      "cognito-idp:UntagResource",
      "cognito-idp:UpdateResourceServer",
      "cognito-idp:UpdateUserPool",
      "cognito-idp:UpdateUserPoolClient",
      "cognito-idp:UpdateUserPoolDomain",
    ]
    resources = local.named.user_pools

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/application"
      values   = ["sallyport"]
    }
  }
}

# In a policy of its own, because the one for all the rest has no room for it.
data "aws_iam_policy_document" "read_cognito" {
  # Of a pool its settings, never who is in it. Of a client of it AWS tells the secret, too, where there is one: docs/doors.md says where such a
  # client belongs.
  statement {
    sid = "UserPools"
    actions = [
      "cognito-idp:DescribeResourceServer",
      "cognito-idp:DescribeUserPool",
      "cognito-idp:DescribeUserPoolClient",
      "cognito-idp:GetUserPoolMfaConfig",
      "cognito-idp:ListTagsForResource",
    ]
    resources = local.named.user_pools

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/application"
      values   = ["sallyport"]
    }
  }

  statement {
    sid     = "UserPoolNames"
    actions = ["cognito-idp:DescribeUserPoolDomain"]
    # AWS knows no resource for it.
    resources = ["*"]
  }
}

resource "aws_iam_policy" "read_cognito" {
  count = local.with_github && var.cognito ? 1 : 0

  name        = "${local.prefix}-read-cognito"
  description = "Reads the configuration of ${local.prefix}'s user pool, and nobody in it."
  policy      = data.aws_iam_policy_document.read_cognito.json
}

resource "aws_iam_role_policy_attachment" "read_cognito" {
  for_each = var.cognito ? local.github_roles : {}

  policy_arn = aws_iam_policy.read_cognito[0].arn
  role       = aws_iam_role.github[each.key].name
}
