# Who plans: the model and those asked in its place. A provider's key is there only where one of its models is named, and the rights on
# Bedrock are for the named models alone.

locals {
  models = concat([var.model], var.model_fallbacks)

  model_keys = {
    for provider in ["anthropic", "deepseek", "gemini", "openai"] : "${upper(provider)}_API_KEY" => "${provider}-api-key"
    if anytrue([for model in local.models : startswith(model, "${provider}:")])
  }

  model_environment = {
    ANTHROPIC_BASE_URL        = var.anthropic_base_url
    DEEPSEEK_BASE_URL         = var.deepseek_base_url
    GEMINI_BASE_URL           = var.gemini_base_url
    OPENAI_BASE_URL           = var.openai_base_url
    SALLYPORT_DAY_COST        = var.day_cost == null ? null : tostring(var.day_cost)
    SALLYPORT_DAY_TOKENS      = var.day_tokens == null ? null : tostring(var.day_tokens)
    SALLYPORT_MODEL           = var.model
    SALLYPORT_MODEL_FALLBACKS = join(",", var.model_fallbacks)
    SALLYPORT_MODEL_PRICES = length(var.model_prices) == 0 ? null : jsonencode({
      for model, price in var.model_prices : model => { for kind, amount in price : kind => amount if amount != null }
    })
    SALLYPORT_MODEL_WINDOW = var.model_window == null ? null : tostring(var.model_window)
  }

  bedrock_models = [for model in local.models : trimprefix(model, "bedrock:") if startswith(model, "bedrock:")]

  # `eu.anthropic.…` is a profile of this account and region, which asks the model behind it in whichever region has room.
  bedrock_profiles = [for model in local.bedrock_models : model if can(regex(local.profile, model))]
  profile          = "^(apac|au|ca|eu|global|jp|us|us-gov)\\."

  bedrock_profile_arns = [
    for model in local.bedrock_profiles : "arn:${local.partition}:bedrock:${local.region}:${local.account}:inference-profile/${model}"
  ]
  bedrock_behind_profiles = [
    # `*`: the profile says in which regions.
    for model in local.bedrock_profiles : "arn:${local.partition}:bedrock:*::foundation-model/${replace(model, "/${local.profile}/", "")}"
  ]
  bedrock_direct_arns = [
    for model in local.bedrock_models : "arn:${local.partition}:bedrock:${local.region}::foundation-model/${model}"
    if !contains(local.bedrock_profiles, model)
  ]
}

data "aws_iam_policy_document" "models" {
  count = length(local.bedrock_models) == 0 ? 0 : 1

  statement {
    sid       = "AskModels"
    actions   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    resources = concat(local.bedrock_direct_arns, local.bedrock_profile_arns)
  }

  dynamic "statement" {
    for_each = length(local.bedrock_profiles) == 0 ? [] : [1]

    content {
      sid       = "AskModelsByProfile"
      actions   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
      resources = local.bedrock_behind_profiles

      condition {
        test     = "StringEquals"
        variable = "bedrock:InferenceProfileArn"
        values   = local.bedrock_profile_arns
      }
    }
  }
}

locals {
  model_policies = length(local.bedrock_models) == 0 ? {} : {
    for name in local.works_on_turns : name => data.aws_iam_policy_document.models[0].json
  }
}
