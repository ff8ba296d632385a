"""obstore's texts become reasons that people can act on."""

from __future__ import annotations

import pytest
from obstore import exceptions

from lakebed.errors import StorageError, TransientStorageError
from lakebed.storage.remote_errors import remote_errors

FINAL, PASSING = StorageError, TransientStorageError
NO_CREDENTIALS = (
    "no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    "or AWS_NO_SIGN_REQUEST=1 for a bucket that is open to all"
)
DENIED = "permission denied; check the credentials and the bucket's policy"


def reply(status: str, code: str) -> str:
    return (
        f"Generic S3 error: Error performing GET http://127.0.0.1:9/b/k in 1ms - Server returned non-2xx status code: "
        f"{status}: <?xml?><Error><Code>{code}</Code><StringToSign>AWS4 s3cret</StringToSign></Error>\n\nDebug"
    )


@pytest.mark.parametrize(
    ("url", "error", "kind", "reason"),
    [
        ("s3://b", exceptions.GenericError(reply("403 Forbidden", "SignatureDoesNotMatch")), FINAL, DENIED),
        ("s3://b", exceptions.PermissionDeniedError("no"), FINAL, DENIED),
        ("s3://b", exceptions.GenericError(reply("400 Bad", "ExpiredToken")), FINAL, "the credentials have expired"),
        ("s3://b", exceptions.GenericError(reply("404 Not Found", "NoSuchBucket")), FINAL, "there is no such bucket"),
        ("s3://b", exceptions.GenericError(reply("409 Conflict", "Abort")), PASSING, "the store answered 409 Abort"),
        ("s3://b", exceptions.GenericError(reply("503 Slow", "SlowDown")), PASSING, "the store answered 503 SlowDown"),
        (
            "s3://b",
            exceptions.GenericError(
                "Generic S3 error: Error performing GET https://u:s3cret@host:9/b in 1ms, after 5 retries - "
                "HTTP error: error sending request: kind: Connect"
            ),
            PASSING,
            "cannot connect to the store",
        ),
        (
            "s3://b",
            exceptions.GenericError("Generic S3 error: Received redirect … an incorrectly configured region"),
            FINAL,
            "the bucket is in another region; set AWS_REGION",
        ),
        (
            "s3://b",
            exceptions.GenericError("Error performing PUT http://169.254.169.254/latest/api/token - status code: 403"),
            FINAL,
            NO_CREDENTIALS,
        ),
        (
            "gs://b",
            exceptions.GenericError("Error performing GET http://metadata.google.internal/token: dns error"),
            PASSING,
            "no credentials found; set GOOGLE_APPLICATION_CREDENTIALS",
        ),
        ("s3://b", OSError("operation timed out"), PASSING, "the request took too long"),
    ],
)  # fmt: skip
def test_reasons(url: str, error: Exception, kind: type[StorageError], reason: str) -> None:
    with pytest.raises(StorageError) as caught, remote_errors("read", "k", url):
        raise error
    assert (type(caught.value), str(caught.value)) == (kind, f"cannot read 'k' in '{url}': {reason}")


def test_other_errors_pass() -> None:
    for error in (KeyboardInterrupt(), StorageError("ours")):
        with pytest.raises(type(error)) as caught, remote_errors("read", "k", "s3://b"):
            raise error
        assert caught.value is error
