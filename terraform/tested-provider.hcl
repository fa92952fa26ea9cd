# The version of the AWS provider that everything here was tested with. Roots and modules allow others; GitHub's workflows test, plan and deploy
# with this one, by copying this file over a root's own constraint (as `tested_override.tf`).
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
