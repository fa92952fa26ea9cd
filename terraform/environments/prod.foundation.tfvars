# terraform/foundation for prod. What each value means: terraform/foundation/README.md.

environment = "prod"

# The defaults are for prod: nothing that holds anything is deleted, and a deleted key can be rescued for thirty days.

# Which account this is, so that credentials of another are refused.
# account_id = "123456789012"

# To deploy from GitHub: your repository, and the zone and domain that the service has in prod.tfvars. Without, there are no roles for it.
# github = {
#   repository    = "your-name/sallyport"
#   owner_id      = "1234567"
#   repository_id = "123456789"
# }
# dns = {
#   domain  = "sallyport.example.com"
#   zone_id = "Z0123456789EXAMPLE"
# }
