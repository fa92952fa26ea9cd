# Every rule that ships with TFLint. The AWS rules come from GitHub at run time, which a test must not need; checkov and the provider's
# own validation look at what those would.
config {
  call_module_type = "local"
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}
