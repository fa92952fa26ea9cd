# The places of secrets, never a secret. Each parameter is made with a placeholder that goes to AWS alone (`value_wo`: in no plan, in no
# state) and is left alone from then on: an operator's command writes the real value, and a later apply neither reads nor resets it.

resource "aws_ssm_parameter" "this" {
  for_each = var.parameters

  name        = "${var.path}/${each.key}"
  description = each.value
  key_id      = var.key_arn
  type        = "SecureString"

  # What a function that reads it too early finds, and what `make doctor` looks for.
  value_wo         = "unset"
  value_wo_version = 1

  lifecycle {
    # All: a change of any attribute would send the placeholder again, over the real value.
    ignore_changes = all
  }
}
