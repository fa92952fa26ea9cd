output "x" { value = local.region }
