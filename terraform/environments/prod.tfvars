# The values of the service root for prod. Docs: terraform/service/README.md. `make plan ENV=prod` shows what they do.
# The file may be public: no secret is in it, nor can be.

domain  = "sallyport.example.com"
zone_id = "Z0123456789EXAMPLE"

google_client_id = "123456789012-example.apps.googleusercontent.com"

model = "offline"
store = "redis"

log_retention_days = 90

# Who hears of alarms; each address has to confirm by a link that AWS sends.
alarm_emails = ["operators@example.com"]
