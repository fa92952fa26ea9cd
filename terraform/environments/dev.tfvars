# The values of the service root for dev: where changes go first. Docs: terraform/service/README.md. `make plan ENV=dev` shows what they do.
# The file may be public: no secret is in it, nor can be.

# Where. Take a hosted zone of your own; the names are agent., mcp., oauth., key. and tools. below the domain.
domain  = "dev.sallyport.example.com"
zone_id = "Z0123456789EXAMPLE"

# Google's OAuth client (Google Cloud's console, APIs & Services, Credentials). Its secret is a parameter: `make secrets`.
google_client_id = "123456789012-example.apps.googleusercontent.com"

# `offline` understands plain calendar requests and needs no account; `openai:<model>` needs a key: `make secrets`.
model = "offline"

# Records: `dynamodb` needs nothing but this account; for `redis` each function has a user of its own: `make secrets`.
store = "dynamodb"

# Scripts may call the tools with a token of ours, without a certificate.
key_door = true

log_level          = "debug"
log_retention_days = 14
