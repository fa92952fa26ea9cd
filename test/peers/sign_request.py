"""Signs one request by AWS Signature Version 4 with botocore, which nobody here wrote, and prints its Authorization header.

Reads from standard input: {method, url, headers, body, region, service, date, credentials: {access_key, secret_key, token}}.
The date is the request's own, so that both signatures are of one moment.
"""

import datetime
import json
import sys

import botocore.auth
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

given = json.load(sys.stdin)
moment = datetime.datetime.strptime(given["date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
botocore.auth.get_current_datetime = lambda remove_tzinfo=True: moment.replace(tzinfo=None) if remove_tzinfo else moment


credentials = Credentials(
    given["credentials"]["access_key"], given["credentials"]["secret_key"], given["credentials"].get("token")
)
request = AWSRequest(method=given["method"], url=given["url"], headers=given["headers"], data=given["body"].encode())
SigV4Auth(credentials, given["service"], given["region"]).add_auth(request)
print(request.headers["Authorization"])
