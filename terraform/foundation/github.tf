# How GitHub Actions gets into this account: no stored key, but a token that GitHub signs for one job, exchanged for an hour in one of two
# roles. `deploy` is for jobs of this environment in that repository, whose protection rules GitHub holds; `plan` reads what a plan reads.

locals {
  with_github  = var.github != null
  oidc_url     = "token.actions.githubusercontent.com"
  provider_arn = local.with_github ? coalesce(var.github.provider_arn, one(aws_iam_openid_connect_provider.github[*].arn)) : null

  # GitHub names a repository in a token's subject as owner/name, or, since 2026 and for new repositories, as owner@id/name@id.
  repository = local.with_github ? split("/", var.github.repository) : ["", ""]
  subjects = local.with_github ? compact([
    var.github.repository,
    var.github.owner_id == null ? "" : "${local.repository[0]}@${var.github.owner_id}/${local.repository[1]}@${var.github.repository_id}",
  ]) : []

  github_roles = local.with_github ? {
    deploy = {
      description = "Applies the service root of ${local.prefix}. For jobs of the environment ${var.environment}."
      subjects    = ["environment:${var.environment}"]
    }
    plan = {
      description = "Plans the service root of ${local.prefix} and reads no secret. For pull requests, and to look for drift."
      subjects    = ["pull_request", "ref:refs/heads/${var.github.branch}"]
    }
  } : {}
}

# One account can know GitHub once: where it does already, its provider is given.
resource "aws_iam_openid_connect_provider" "github" {
  count = local.with_github && try(var.github.provider_arn, null) == null ? 1 : 0

  url            = "https://${local.oidc_url}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "github_trust" {
  for_each = local.github_roles

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.oidc_url}:aud"
      values   = ["sts.amazonaws.com"]
    }

    # Exactly one of these: no pattern that another repository's, branch's or environment's name could fit.
    condition {
      test     = "StringEquals"
      variable = "${local.oidc_url}:sub"
      values   = [for pair in setproduct(local.subjects, each.value.subjects) : "repo:${pair[0]}:${pair[1]}"]
    }

    # A name can be given up and taken by somebody else; this number cannot.
    dynamic "condition" {
      for_each = var.github.repository_id == null ? [] : [var.github.repository_id]

      content {
        test     = "StringEquals"
        variable = "${local.oidc_url}:repository_id"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "github" {
  for_each = local.github_roles

  name                 = "${local.prefix}-${each.key}"
  description          = each.value.description
  assume_role_policy   = data.aws_iam_policy_document.github_trust[each.key].json
  max_session_duration = 3600
}

resource "aws_iam_role_policy_attachment" "read" {
  for_each = local.github_roles

  policy_arn = aws_iam_policy.read[0].arn
  role       = aws_iam_role.github[each.key].name
}

resource "aws_iam_role_policy_attachment" "deploy" {
  for_each = aws_iam_policy.deploy

  policy_arn = each.value.arn
  role       = aws_iam_role.github["deploy"].name
}

# On both: what the other policies do not allow today must not become possible by one more policy tomorrow.
resource "aws_iam_role_policy" "refused" {
  for_each = local.github_roles

  name   = "refused"
  policy = data.aws_iam_policy_document.refused[each.key].json
  role   = aws_iam_role.github[each.key].id
}

# In parts, because a policy holds 6,144 characters.
locals {
  deploy_policies = local.with_github ? merge(
    {
      run   = data.aws_iam_policy_document.deploy_run.json
      reach = data.aws_iam_policy_document.deploy_reach.json
    },
    var.cognito ? { cognito = data.aws_iam_policy_document.deploy_cognito.json } : {},
    var.edge ? { edge = data.aws_iam_policy_document.deploy_edge.json } : {},
  ) : {}
}

resource "aws_iam_policy" "deploy" {
  for_each = local.deploy_policies

  name        = "${local.prefix}-deploy-${each.key}"
  description = "Changes what the service root of ${local.prefix} owns (${each.key})."
  policy      = each.value
}
