# The ceiling of every role that the service root makes: what any function or schedule of Sallyport may ever need, and no more. A role gets
# only what its own policy and this both allow, so a mistake or a break-in at the deployment cannot give a function more than is written here.

data "aws_iam_policy_document" "boundary" {
  #checkov:skip=CKV_AWS_111: a boundary grants nothing by itself; traces and network interfaces know no resources
  #checkov:skip=CKV_AWS_356: traces and network interfaces know no resources, and a refusal should hold for all

  statement {
    sid     = "OwnLogs"
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    # `*`: each function's group, and the streams in it.
    resources = ["${local.arn.logs}:log-group:/aws/lambda/${local.prefix}-*"]
  }

  statement {
    sid     = "Traces"
    actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    # X-Ray knows no resources for these.
    resources = ["*"]
  }

  statement {
    sid     = "ReadParameters"
    actions = ["ssm:GetParameter", "ssm:GetParameters"]
    # This environment's; which ones, each function's own policy says.
    resources = ["${local.parameter_arn}/*"]
  }

  statement {
    sid       = "OpenAndSeal"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [for name in ["data", "secrets", "vault"] : aws_kms_key.this[name].arn]
  }

  statement {
    sid     = "Records"
    actions = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
    # This environment's tables; which ones and which keys in them, each function's own policy says.
    resources = ["${local.arn.dynamodb}:table/${local.prefix}-*"]
  }

  statement {
    sid     = "LeaveMessages"
    actions = ["sqs:SendMessage"]
    # This environment's queues.
    resources = ["${local.arn.sqs}:${local.prefix}-*"]
  }

  statement {
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
    # For functions in a network of the user's: the interfaces have no ids before Lambda makes them.
    resources = ["*"]
  }

  # AWS gives a Function URL its name when there is a function: a function that is told who signed a request asks which URL is its own.
  statement {
    sid       = "KnowOwnUrl"
    actions   = ["lambda:GetFunctionUrlConfig"]
    resources = ["${local.arn.lambda}:function:${local.prefix}-*"]
  }

  # What only the worker does.
  statement {
    sid       = "TakeJobs"
    actions   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = ["${local.arn.sqs}:${local.prefix}-jobs"]

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = ["${local.iam_arn}:role/${local.prefix}-worker"]
    }
  }

  # What only the doors' worker does.
  statement {
    sid       = "TakeCalls"
    actions   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = ["${local.arn.sqs}:${local.prefix}-calls"]

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = ["${local.iam_arn}:role/${local.prefix}-calls"]
    }
  }

  # Models of Bedrock, for those who work on turns; which ones, each function's own policy says.
  statement {
    sid       = "AskModels"
    actions   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    resources = ["arn:${local.partition}:bedrock:*::foundation-model/*", "arn:${local.partition}:bedrock:${local.region}:${local.account}:inference-profile/*"]

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = [for name in ["agent", "stream", "stream-bearer", "worker"] : "${local.iam_arn}:role/${local.prefix}-${name}"]
    }
  }

  # Other MCP servers, functions of their own (terraform/gateway), for the functions that run tools; which ones, a policy of theirs says.
  statement {
    sid       = "CallServers"
    actions   = ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"]
    resources = ["${local.arn.lambda}:function:${local.prefix}-server-*"]

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = local.tool_roles
    }
  }

  # Roles for the AWS tools, for the functions that run tools.
  dynamic "statement" {
    for_each = length(local.aws_tool_roles) == 0 ? [] : [1]

    content {
      sid       = "ActOnAws"
      actions   = ["sts:AssumeRole"]
      resources = local.aws_tool_roles

      condition {
        test     = "ArnEquals"
        variable = "aws:PrincipalArn"
        values   = local.tool_roles
      }
    }
  }

  # What only the rotation does.
  statement {
    sid       = "Sign"
    actions   = ["kms:GetPublicKey", "kms:Sign"]
    resources = [aws_kms_key.this["authority"].arn]

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = [local.rotate_role_arn]
    }
  }

  statement {
    sid       = "WriteCredentials"
    actions   = ["ssm:PutParameter"]
    resources = ["${local.parameter_arn}/agent-credentials"]

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = [local.rotate_role_arn]
    }
  }

  statement {
    sid       = "SealCredentials"
    actions   = ["kms:Encrypt"]
    resources = [aws_kms_key.this["secrets"].arn]

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = [local.rotate_role_arn]
    }
  }

  statement {
    sid       = "ReadTruststore"
    actions   = ["s3:GetObject"]
    resources = [module.truststore.object_arn]

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = [local.rotate_role_arn]
    }
  }

  # What only the schedule does.
  statement {
    sid       = "RunRotation"
    actions   = ["lambda:InvokeFunction"]
    resources = ["${local.arn.lambda}:function:${local.prefix}-rotate:live"]

    condition {
      test     = "ArnLike"
      variable = "aws:PrincipalArn"
      # `*`: however the service root calls the schedule.
      values = ["${local.iam_arn}:role/${local.prefix}-*scheduler"]
    }
  }

  # What is not allowed above is refused, unless a resource's own policy names the session itself. These are refused even then.
  statement {
    sid    = "NoFurtherRights"
    effect = "Deny"
    # Whole services: nothing that runs here changes rights, becomes somebody else, or changes code.
    actions = [
      "iam:*",
      "kms:CreateGrant",
      "kms:DisableKey",
      "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion",
      "lambda:AddPermission",
      "lambda:UpdateAlias",
      "lambda:UpdateFunctionCode",
      "lambda:UpdateFunctionConfiguration",
      "organizations:*",
      "s3:DeleteObject",
      "s3:PutBucketPolicy",
      "s3:PutObject",
      "sts:AssumeRoleWithSAML",
      "sts:AssumeRoleWithWebIdentity",
    ]
    resources = ["*"]
  }

  # Whoever trusts a whole account trusts its functions, too: they become nobody but what is named here.
  statement {
    sid           = "NobodyElse"
    effect        = "Deny"
    actions       = ["sts:AssumeRole"]
    resources     = length(local.aws_tool_roles) == 0 ? ["*"] : null
    not_resources = length(local.aws_tool_roles) == 0 ? null : local.aws_tool_roles
  }

  statement {
    sid       = "NobodyElseSigns"
    effect    = "Deny"
    actions   = ["kms:Sign"]
    resources = ["*"]

    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = [local.rotate_role_arn]
    }
  }
}

locals {
  rotate_role_arn = "${local.iam_arn}:role/${local.prefix}-rotate"
}

resource "aws_iam_policy" "boundary" {
  name        = "${local.prefix}-boundary"
  description = "The most that any function or schedule of ${local.prefix} may do."
  policy      = data.aws_iam_policy_document.boundary.json
}
