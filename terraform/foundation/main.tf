data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  prefix    = "sallyport-${var.environment}"
  # `name` became `region` with version 6 of the provider; the identifier has both.
  region = data.aws_region.current.id
}
