"""What an AWS account holds, told by boto3, which nobody here wrote: `zone NAME` makes a hosted zone and prints its id, `list` prints
one line for every thing of an application's that is there, as `kind name`. Keys that wait for their deletion are marked."""

import sys

import boto3


def pages(service, operation, key, **arguments):
    client = boto3.client(service)
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**arguments):
            yield from page.get(key, [])
    else:
        yield from getattr(client, operation)(**arguments).get(key, [])


def make_zone(name):
    answer = boto3.client("route53").create_hosted_zone(Name=name, CallerReference=name)
    print(answer["HostedZone"]["Id"].removeprefix("/hostedzone/"))


def simple():
    for kind, service, operation, key, name in (
        ("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        ("alarm", "cloudwatch", "describe_alarms", "CompositeAlarms", "AlarmName"),
        ("api", "apigatewayv2", "get_apis", "Items", "Name"),
        ("bucket", "s3", "list_buckets", "Buckets", "Name"),
        ("certificate", "acm", "list_certificates", "CertificateSummaryList", "DomainName"),
        ("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        ("domain", "apigatewayv2", "get_domain_names", "Items", "DomainName"),
        ("function", "lambda", "list_functions", "Functions", "FunctionName"),
        ("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
        ("parameter", "ssm", "describe_parameters", "Parameters", "Name"),
        ("role", "iam", "list_roles", "Roles", "RoleName"),
        ("rule", "events", "list_rules", "Rules", "Name"),
        ("schedule", "scheduler", "list_schedules", "Schedules", "Name"),
        ("topic", "sns", "list_topics", "Topics", "TopicArn"),
    ):
        for item in pages(service, operation, key):
            yield kind, item[name]


def special():
    for policy in pages("iam", "list_policies", "Policies", Scope="Local"):
        yield "policy", policy["PolicyName"]
    for provider in pages("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList"):
        yield "identity provider", provider["Arn"]
    for table in pages("dynamodb", "list_tables", "TableNames"):
        yield "table", table
    for url in pages("sqs", "list_queues", "QueueUrls"):
        yield "queue", url.rsplit("/", 1)[-1]
    kms = boto3.client("kms")
    for alias in pages("kms", "list_aliases", "Aliases"):
        if not alias["AliasName"].startswith("alias/aws/"):
            yield "key alias", alias["AliasName"]
    for key in pages("kms", "list_keys", "Keys"):
        told = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if told.get("KeyManager") != "AWS":
            yield "key" if told["KeyState"] != "PendingDeletion" else "key to be deleted", told["KeyId"]
    for zone in pages("route53", "list_hosted_zones", "HostedZones"):
        for record in pages("route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"]):
            if record["Type"] not in ("NS", "SOA"):
                yield "record", record["Name"]


if __name__ == "__main__":
    if sys.argv[1] == "zone":
        make_zone(sys.argv[2])
    else:
        for kind, name in sorted({*simple(), *special()}):
            print(kind, name)
