# Every use of the certificate authority's key is told: who, from where, when. CloudTrail writes it down, EventBridge reads it.
# A trail has to be there, or EventBridge hears nothing of calls to AWS: trail.tf makes one unless the account has one.

resource "aws_cloudwatch_event_rule" "authority" {
  name        = "${var.prefix}-authority"
  description = "The certificate authority's key was used, or who may use it was changed."

  # `Sign` changes nothing, so CloudTrail counts it among what only reads; plain ENABLED leaves such events out.
  state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"

  event_pattern = jsonencode({
    source      = ["aws.kms"]
    detail-type = ["AWS API Call via CloudTrail"]
    detail = {
      eventSource = ["kms.amazonaws.com"]
      eventName   = ["CreateGrant", "DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion", "Sign"]
      resources   = { ARN = [var.authority_key_arn] }
    }
  })
}

resource "aws_cloudwatch_event_target" "authority" {
  rule      = aws_cloudwatch_event_rule.authority.name
  target_id = "alarms"
  arn       = aws_sns_topic.alarms.arn

  input_transformer {
    input_paths = {
      action = "$.detail.eventName"
      from   = "$.detail.sourceIPAddress"
      id     = "$.detail.eventID"
      key    = "$.detail.resources[0].ARN"
      time   = "$.detail.eventTime"
      who    = "$.detail.userIdentity.arn"
    }
    input_template = "\"${var.prefix}: <action> with the key of the certificate authority (<key>) by <who> from <from> at <time>. Event <id> in CloudTrail. Expected: the rotation's role when it renews a certificate, or an operator who issues one. Else see docs/operations.md, use of the authority.\""
  }

  depends_on = [aws_sns_topic_policy.alarms]
}

# By CloudWatch's way to the topic, should EventBridge's be shut.
resource "aws_cloudwatch_metric_alarm" "authority_used" {
  alarm_name          = "${var.prefix}-authority-used"
  alarm_description   = "The certificate authority's key was used. A second message says by whom. docs/operations.md: use of the authority."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.authority.name }
  evaluation_periods  = 1
  metric_name         = "TriggeredRules"
  namespace           = "AWS/Events"
  period              = 300
  statistic           = "Sum"
  threshold           = 1
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "authority_untold" {
  alarm_name          = "${var.prefix}-authority-untold"
  alarm_description   = "A message about a use of the authority's key could not be delivered: look at the rule ${var.prefix}-authority. docs/operations.md: use of the authority."
  alarm_actions       = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.authority.name }
  evaluation_periods  = 1
  metric_name         = "FailedInvocations"
  namespace           = "AWS/Events"
  period              = 300
  statistic           = "Sum"
  threshold           = 1
  treat_missing_data  = "notBreaching"
}
