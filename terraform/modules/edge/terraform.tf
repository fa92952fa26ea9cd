terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
      # CloudFront takes its certificates and its firewall from us-east-1 only, wherever the rest lives.
      configuration_aliases = [aws, aws.us_east_1]
    }
  }
}
