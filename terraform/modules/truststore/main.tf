# The bucket whose one object says which certificate authorities API Gateway believes. Whoever can write it can let anybody in: no role of a
# function or of the deployment may. API Gateway reads no object under a KMS key of ours, hence S3's own encryption. The object itself is not
# Terraform's: an operator's command writes it, and the domain names the version it wants.

module "bucket" {
  source = "../bucket"

  bucket     = var.bucket
  disposable = var.disposable
  # A rollback of the domain names an earlier version.
  kept_versions = 10
}
