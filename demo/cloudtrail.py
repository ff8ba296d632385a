"""CloudTrail events of the made-up day: services and people at work, and the thief."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from demo.story import (
    ACCOUNT,
    ATTACKER,
    BUCKET,
    HEX,
    REGION,
    STOLEN_KEY,
    THEFT_START,
    UPPER,
    people,
    text,
    uuid,
    work_time,
)

if TYPE_CHECKING:
    import random

    from demo.story import Person

Event = dict[str, Any]  # JSON: each API call has parameters of its own

CLI = "aws-cli/2.22.7 md/awscrt#0.23.4 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.12.6 cfg/retry-mode#standard"
CONSOLE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
)
READS: list[tuple[str, str, Event | None]] = [
    ("ec2.amazonaws.com", "DescribeInstances", {"instancesSet": {}, "filterSet": {}}),
    ("ec2.amazonaws.com", "DescribeSecurityGroups", {"securityGroupSet": {}, "securityGroupIdSet": {}}),
    ("s3.amazonaws.com", "ListBuckets", {"Host": f"s3.{REGION}.amazonaws.com"}),
    ("iam.amazonaws.com", "ListUsers", {"maxItems": 100}),
    ("iam.amazonaws.com", "GetUser", None),
    ("sts.amazonaws.com", "GetCallerIdentity", None),
    ("logs.amazonaws.com", "DescribeLogGroups", {"limit": 50}),
    ("rds.amazonaws.com", "DescribeDBInstances", None),
    ("kms.amazonaws.com", "ListKeys", {"limit": 1000}),
    ("lambda.amazonaws.com", "ListFunctions20150331", {"maxItems": 50}),
]
ADMIN_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
ROLES = ["web-shop", "batch-export", "deploy", "backup"]


def events(rng: random.Random, count: int) -> list[Event]:
    """About `count` events in order of time, the theft among them."""
    staff = people(rng)
    made = [_service_call(rng) if rng.random() < 0.7 else _human_call(rng, rng.choice(staff)) for _ in range(count)]
    made += _theft(rng)
    return sorted(made, key=lambda event: str(event["eventTime"]))


def _event(rng: random.Random, when: datetime, source: str, name: str, parameters: Event | None) -> Event:
    """What every event has, with the identity still to be filled in."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {},
        "eventTime": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": "us-east-1" if source == "iam.amazonaws.com" else REGION,
        "sourceIPAddress": "",
        "userAgent": "",
        "requestParameters": parameters,
        "responseElements": None,
        "requestID": uuid(rng),
        "eventID": uuid(rng),
        "readOnly": name.startswith(("Get", "List", "Describe", "Head")),
        "eventType": "AwsApiCall",
        "managementEvent": source != "s3.amazonaws.com" or "Object" not in name,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Data" if "Object" in name else "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{source.partition('.')[0]}.{REGION}.amazonaws.com",
        },
    }


def _human_call(rng: random.Random, person: Person) -> Event:
    """Somebody looks at something, by console or command line; now and then it is refused."""
    source, name, parameters = rng.choice(READS)
    event = _event(rng, work_time(rng), source, name, parameters)
    event["userIdentity"] = {
        "type": "IAMUser",
        "principalId": "AIDA" + person.key[4:],
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{person.name}",
        "accountId": ACCOUNT,
        "accessKeyId": person.key,
        "userName": person.name,
    }
    event["sourceIPAddress"] = person.address
    event["userAgent"] = rng.choice([CLI, CONSOLE])
    if rng.random() < 0.04:
        event["errorCode"] = "AccessDenied"
        event["errorMessage"] = f"User: {event['userIdentity']['arn']} is not authorized to perform: {name}"
    return event


def _service_call(rng: random.Random) -> Event:
    """A program at work under a role: objects in buckets, keys, short-lived credentials."""
    role = rng.choice(ROLES)
    key = f"{rng.choice(['orders', 'invoices', 'images'])}/2026/01/15/{text(rng, HEX, 16)}.json.gz"
    calls: list[tuple[str, str, Event]] = [
        ("s3.amazonaws.com", "PutObject", {"bucketName": "shop-data", "key": key}),
        ("s3.amazonaws.com", "GetObject", {"bucketName": "shop-data", "key": key}),
        ("kms.amazonaws.com", "Decrypt", {"encryptionContext": {"aws:s3:arn": f"arn:aws:s3:::shop-data/{key}"}}),
        ("sts.amazonaws.com", "AssumeRole", {"roleArn": _role_arn(role), "roleSessionName": text(rng, HEX, 12)}),
    ]
    source, name, parameters = rng.choice(calls)
    event = _event(rng, work_time(rng), source, name, parameters)
    event["userIdentity"] = _role_identity(rng, role, "ASIA" + text(rng, UPPER, 16), "i-" + text(rng, HEX, 17))
    event["sourceIPAddress"] = f"10.0.{rng.randrange(4)}.{rng.randrange(10, 60)}"
    event["userAgent"] = "Boto3/1.35.90 md/Botocore#1.35.90 ua/2.0 os/linux#6.1.119 lang/python#3.11.10"
    return event


def _role_arn(role: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


def _role_identity(rng: random.Random, role: str, key: str, session: str) -> Event:
    """Who a program is: short-lived credentials of a role."""
    principal = "AROA" + text(rng, UPPER, 17)
    return {
        "type": "AssumedRole",
        "principalId": f"{principal}:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal,
                "arn": _role_arn(role),
                "accountId": ACCOUNT,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-01-15T06:02:11Z", "mfaAuthenticated": "false"},
        },
    }


def _theft(rng: random.Random) -> list[Event]:
    """The stolen key at work, from outside."""
    steps: list[tuple[str, str, Event | None, str | None]] = [
        ("sts.amazonaws.com", "GetCallerIdentity", None, None),
        ("s3.amazonaws.com", "ListBuckets", {"Host": f"s3.{REGION}.amazonaws.com"}, None),
        ("iam.amazonaws.com", "ListUsers", {"maxItems": 1000}, "AccessDenied"),
        ("iam.amazonaws.com", "CreateUser", {"userName": "svc-backup2"}, None),
        ("iam.amazonaws.com", "CreateAccessKey", {"userName": "svc-backup2"}, None),
        (
            "iam.amazonaws.com",
            "AttachUserPolicy",
            {"userName": "svc-backup2", "policyArn": ADMIN_POLICY},
            "AccessDenied",
        ),
    ]
    steps += [
        ("s3.amazonaws.com", "GetObject", {"bucketName": BUCKET, "key": f"full/customers-{part:03d}.parquet"}, None)
        for part in range(40)
    ]
    steps.append(("cloudtrail.amazonaws.com", "StopLogging", {"name": "company-trail"}, None))
    identity = _role_identity(rng, "web-shop", STOLEN_KEY, "i-0a1b2c3d4e5f60718")
    made, when = [], THEFT_START
    for source, name, parameters, error in steps:
        when += timedelta(seconds=rng.randrange(2, 20))
        event = _event(rng, when, source, name, parameters)
        event["userIdentity"], event["sourceIPAddress"] = identity, ATTACKER
        event["userAgent"] = "aws-cli/1.29.0 Python/3.11.2 Linux/6.5.0-kali3-amd64 botocore/1.31.0"
        if error:
            event["errorCode"], event["errorMessage"] = error, f"not authorized to perform: {name}"
        made.append(event)
    return made
