# The values of the service root for gamma: as prod, before prod. Docs: terraform/service/README.md. `make plan ENV=gamma` shows what they do.
# The file may be public: no secret is in it, nor can be.

domain  = "gamma.sallyport.example.com"
zone_id = "Z0123456789EXAMPLE"

google_client_id = "123456789012-example.apps.googleusercontent.com"

model = "offline"
store = "redis"

log_retention_days = 30
