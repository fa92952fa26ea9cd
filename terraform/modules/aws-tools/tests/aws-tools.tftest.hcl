# Wiring, and what is refused. The mocks know no policies: those are judged in test/infra/aws-tools.test.ts.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = {
      account_id = "123456789012"
    }
  }

  mock_data "aws_partition" {
    defaults = {
      partition = "aws"
    }
  }

  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    }
  }

  mock_resource "aws_iam_policy" {
    defaults = {
      arn = "arn:aws:iam::123456789012:policy/sallyport-dev-mocked"
    }
  }
}

variables {
  prefix        = "sallyport-dev"
  trusted_roles = ["arn:aws:iam::123456789012:role/sallyport-dev-mcp"]
}

run "reads_only" {
  assert {
    condition     = aws_iam_role.reads.name == "sallyport-dev-aws-reads" && length(aws_iam_role.writes) == 0 && output.write_role_arn == null
    error_message = "Without writes there is a role for reads, and no other."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.regional) == length(local.actions.regional)
    error_message = "Each part of the reads is attached."
  }
}

run "writes_have_a_role_of_their_own" {
  variables {
    writes = { services = ["arn:aws:ecs:eu-central-1:123456789012:service/gateway/web"] }
  }

  assert {
    condition     = aws_iam_role.writes[0].name == "sallyport-dev-aws-writes" && aws_iam_role_policy_attachment.writes[0].role == "sallyport-dev-aws-writes"
    error_message = "Writes are attached to their own role."
  }
}

run "nobody_is_trusted_by_a_pattern" {
  command = plan

  variables {
    trusted_roles = ["arn:aws:iam::123456789012:role/*"]
  }

  expect_failures = [var.trusted_roles]
}

run "somebody_is_trusted" {
  command = plan

  variables {
    trusted_roles = []
  }

  expect_failures = [var.trusted_roles]
}

run "secrets_are_named" {
  command = plan

  variables {
    readable_secrets = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:*"]
  }

  expect_failures = [var.readable_secrets]
}

run "services_are_of_a_named_cluster" {
  command = plan

  variables {
    writes = { services = ["arn:aws:ecs:eu-central-1:123456789012:service/*"] }
  }

  expect_failures = [var.writes]
}

run "roles_are_not_taggable" {
  command = plan

  variables {
    writes = { taggable = ["arn:aws:iam::123456789012:role/x"] }
  }

  expect_failures = [var.writes]
}

run "regions_are_names" {
  command = plan

  variables {
    regions = ["everywhere"]
  }

  expect_failures = [var.regions]
}
