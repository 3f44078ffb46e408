"""Speaks ASGI to an application in process: pieces, disconnects, and every header line."""

import base64
import json


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __getitem__(self, name):
        return self.headers[name]

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json["errors"][0]["code"]


class Client:
    """A caller of one application; a user's name and password go as Basic credentials."""

    def __init__(
        self, application, user="admin", password="secret-password", host="localhost:5000"
    ):
        self.application = application
        self.host = host
        self.address = "192.0.2.7"
        self.authorization = None
        if user:
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            self.authorization = f"Basic {pair}"

    async def __call__(
        self, method, target, body=b"", headers=(), cut=False, expect=None
    ) -> Answer:
        path, _, query = target.partition("?")
        pieces = [body] if isinstance(body, bytes) else list(body)
        fields = [(b"host", self.host.encode())]
        if self.authorization and not any(k.lower() == "authorization" for k, _ in headers):
            fields.append((b"authorization", self.authorization.encode()))
        if isinstance(body, bytes) and body:
            fields.append((b"content-length", b"%d" % len(body)))
        fields += [(k.lower().encode(), v.encode("latin-1")) for k, v in headers]
        messages = [
            {"type": "http.request", "body": piece, "more_body": cut or n + 1 < len(pieces)}
            for n, piece in enumerate(pieces or [b""])
        ]
        sent = []

        async def receive():
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": fields,
            "client": (self.address, 1234),
            "http_version": "1.1",
        }
        await self.application(scope, receive, send)
        start = sent[0]
        received = b"".join(message.get("body", b"") for message in sent[1:])
        answer = Answer(
            start["status"],
            {k.decode(): v.decode("latin-1") for k, v in start["headers"]},
            received,
        )
        if expect is not None:
            assert answer.status == expect, (method, target, answer.status, answer.body)
        return answer
