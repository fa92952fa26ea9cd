terraform {
  required_version = ">= 1.11"

  required_providers {
    # Only the module below uses it; the tests mock it here.
    # tflint-ignore: terraform_unused_required_providers
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}
