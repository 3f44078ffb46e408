"""Uploads in parts that a dead writer has left in a bucket: found by the object's name, and aborted.

The library that moves bytes has no call for it, and a rule of the bucket ("abort after seven days") is not to be had everywhere. Two requests, signed by hand.

Source: Amazon S3 API Reference, ListMultipartUploads, AbortMultipartUpload; AWS General Reference, Signature Version 4.
"""

import hashlib
import hmac
import http.client
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from inkan import limits

_NOTHING = hashlib.sha256(b"").hexdigest()
_UPLOAD = re.compile(r"<Upload>.*?</Upload>", re.DOTALL)
_ANSWER_BYTES = limits.MIB


@dataclass(frozen=True, slots=True)
class StaticKeys:
    """An access key and its secret, which never shows itself."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MultipartLeftovers:
    """Aborts uploads in parts.

    Attributes:
        path: of the bucket.
    """

    connect: Callable[[], http.client.HTTPConnection]
    host: str
    path: str
    region: str
    keys: StaticKeys

    def abort(self, name: str) -> int:
        """Abort every upload in parts of one object; return how many there were."""
        ids = self.list(name)
        for upload_id in ids:
            self._ask("DELETE", f"{self.path}/{quote(name)}", {"uploadId": upload_id})
        return len(ids)

    def list(self, name: str) -> list[str]:
        """Return the IDs of the uploads in parts of one object."""
        text = self._ask("GET", self.path, {"uploads": "", "prefix": name})
        found = []
        for upload in _UPLOAD.findall(text):
            key = re.search(r"<Key>([^<]*)</Key>", upload)
            upload_id = re.search(r"<UploadId>([^<]+)</UploadId>", upload)
            if key and upload_id and key[1] == name:
                found.append(upload_id[1])
        return found

    def _ask(self, method: str, path: str, query: dict[str, str]) -> str:
        line = "&".join(
            f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted(query.items())
        )
        connection = self.connect()
        try:
            connection.request(method, f"{path}?{line}", headers=self._signed(method, path, line))
            answer = connection.getresponse()
            text = answer.read(_ANSWER_BYTES).decode("utf-8", "replace")
        finally:
            connection.close()
        # what is not there, or may not be looked for, is nothing to abort
        return text if answer.status < 300 else ""

    def _signed(self, method: str, path: str, query: str) -> dict[str, str]:
        at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")  # noqa: TID251 - the engine's clock decides, not ours
        headers = {"host": self.host, "x-amz-content-sha256": _NOTHING, "x-amz-date": at}
        if self.keys.session_token:
            headers["x-amz-security-token"] = self.keys.session_token
        names = ";".join(sorted(headers))
        lines = [f"{name}:{headers[name]}" for name in sorted(headers)]
        canonical = "\n".join((method, path, query, *lines, "", names, _NOTHING))
        scope = f"{at[:8]}/{self.region}/s3/aws4_request"
        to_sign = "\n".join(
            ("AWS4-HMAC-SHA256", at, scope, hashlib.sha256(canonical.encode()).hexdigest())
        )
        key = f"AWS4{self.keys.secret_key}".encode()
        for word in scope.split("/"):
            key = hmac.digest(key, word.encode(), "sha256")
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        credential = f"{self.keys.access_key}/{scope}"
        headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"  # fmt: skip
        return headers
