# What the AWS tools act with: roles that the foundation made, or that the operator named in other accounts. Here a function gets no right but
# to become them, and only where the toolset is switched on.

locals {
  # The doors of the MCP API, and with their worker all functions that run tools.
  tool_doors = ["mcp", "mcp-key", "mcp-oauth"]
  runs_tools = concat(["calls"], local.tool_doors)

  reads_aws  = anytrue([for name in ["aws", "aws-writes"] : contains(var.toolsets, name)])
  writes_aws = contains(var.toolsets, "aws-writes")

  aws_read_role  = "arn:${local.partition}:iam::${local.account}:role/${local.prefix}-aws-reads"
  aws_write_role = "arn:${local.partition}:iam::${local.account}:role/${local.prefix}-aws-writes"

  aws_tools_environment = {
    SALLYPORT_AWS_ACCOUNTS   = local.reads_aws ? join(",", [for name, arn in var.aws_accounts : "${name}=${arn}"]) : null
    SALLYPORT_AWS_READ_ROLE  = local.reads_aws ? local.aws_read_role : null
    SALLYPORT_AWS_REGIONS    = local.reads_aws ? join(",", var.aws_regions) : null
    SALLYPORT_AWS_WRITE_ROLE = local.writes_aws ? local.aws_write_role : null
    SALLYPORT_SECRETS_READ   = contains(var.toolsets, "aws") ? join(",", var.aws_readable_secrets) : null
  }
}

data "aws_iam_policy_document" "aws_tools" {
  count = local.reads_aws ? 1 : 0

  statement {
    sid       = "ActOnAws"
    actions   = ["sts:AssumeRole"]
    resources = concat([local.aws_read_role], local.writes_aws ? [local.aws_write_role] : [], values(var.aws_accounts))
  }
}

locals {
  aws_tools_policies = local.reads_aws ? { for name in local.runs_tools : name => data.aws_iam_policy_document.aws_tools[0].json } : {}
}
