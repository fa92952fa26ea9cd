output "arn" {
  description = "ARN of the bucket."
  value       = module.bucket.arn
}

output "bucket" {
  description = "Name of the bucket."
  value       = module.bucket.bucket
}

output "key" {
  description = "Key of the one object: the bundle of certificate authorities, PEM."
  value       = "truststore.pem"
}

output "object_arn" {
  description = "ARN of the one object."
  value       = "${module.bucket.arn}/truststore.pem"
}
