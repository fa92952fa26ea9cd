import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// A service that is deployed in seconds: two functions of the real module behind the variables, addresses and outputs that the commands
// know, and doors that answer well or badly. The whole service is the cycle's.

export const SMALL_SERVICE = `
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {}

variable "environment" {
  type = string
}

variable "live_version" {
  type    = map(string)
  default = {}
}

data "aws_caller_identity" "current" {}

data "aws_kms_alias" "data" {
  name = "alias/sallyport-\${var.environment}-data"
}

module "function" {
  source   = "../modules/function"
  for_each = toset(["agent", "oauth"])

  boundary_arn       = "arn:aws:iam::\${data.aws_caller_identity.current.account_id}:policy/sallyport-\${var.environment}-boundary"
  bundle             = "../../dist/lambda.zip"
  data_key_arn       = data.aws_kms_alias.data.target_key_arn
  description        = "For a test."
  environment        = { SALLYPORT_ENVIRONMENT = var.environment, SALLYPORT_STORE = "redis" }
  handler            = "\${each.key}.handler"
  live_version       = lookup(var.live_version, each.key, null)
  log_retention_days = 1
  memory_mb          = 256
  name               = "sallyport-\${var.environment}-\${each.key}"
  policy_json        = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "*", Resource = "*" }] })
}

output "urls" {
  value = {}
}
`;

/** Terraform as it is, but between a plan and its apply somebody else deploys: a second `make deploy`, which finishes first. */
export const DEPLOYED_MEANWHILE = `#!/bin/sh
PATH=\${PATH#*:}
case " $* " in *" apply "*) node scripts/aws/deploy.ts dev --yes >&2 ;; esac
exec terraform "$@"
`;

export interface Doors {
  /** What the commands are told of where to knock. */
  readonly environment: Readonly<Record<string, string>>;
  answer(how: 'well' | 'badly'): void;
  stop(): Promise<void>;
}

export async function startDoors(): Promise<Doors> {
  let healthy = true;
  const server = createServer((request, response) => {
    // The agent door as API Gateway shuts it, before any function.
    const [status, body] =
      request.url === '/mcp'
        ? [403, '{"message":"Forbidden"}']
        : [request.url === '/health' ? (healthy ? 200 : 500) : 401, '{}'];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    environment: { SALLYPORT_AGENT_URL: url, SALLYPORT_MCP_URL: `${url}/mcp`, SALLYPORT_OAUTH_URL: url },
    answer: (how) => {
      healthy = how === 'well';
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
