terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  # Bucket, key and region are given by scripts/terraform-init.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  allowed_account_ids = var.account_id == null ? null : [var.account_id]

  default_tags {
    tags = {
      application = "sallyport"
      environment = var.environment
      root        = "gateway"
    }
  }
}
