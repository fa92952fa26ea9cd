# terraform/foundation for gamma. What each value means: terraform/foundation/README.md.

environment = "gamma"

# As in prod, but it may be taken down with all it holds.
disposable = true

# Which account this is, so that credentials of another are refused.
# account_id = "123456789012"

# To deploy from GitHub: your repository, and the zone and domain that the service has in gamma.tfvars. Without, there are no roles for it.
# github = {
#   repository    = "your-name/sallyport"
#   owner_id      = "1234567"
#   repository_id = "123456789"
# }
# dns = {
#   domain  = "gamma.sallyport.example.com"
#   zone_id = "Z0123456789EXAMPLE"
# }
