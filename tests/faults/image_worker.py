"""A client that pushes, pulls, deletes and restores images of few blobs, so that it meets others on each of them, and notes what goes wrong."""

import json
import random
import threading
import time
from collections import Counter
from hashlib import sha256

from faults.wire import MANIFEST, Wire

GRACE_SECONDS = 2
REPOSITORIES = [f"team/app{number}" for number in range(4)]
# few contents, so that pushes, deletions and sweeps of the same blob meet all the time
CONTENTS = [b"layer %d" % number * 40 for number in range(30)]
DIGESTS = [f"sha256:{sha256(one).hexdigest()}" for one in CONTENTS]


class Worker(threading.Thread):
    """One client, doing one thing after another."""

    def __init__(self, number, server, is_over):
        super().__init__(daemon=True)
        self.dice, self.server, self.is_over = random.Random(number), server, is_over
        self.counts, self.failures = Counter(), []
        self.images = []

    def run(self):
        try:
            with Wire(self.server.port) as wire:
                self.wire = wire
                while not self.is_over():
                    act = self.dice.choice([self.push] * 4 + [self.pull] * 4 + [self.delete] * 2 + [self.restore])  # fmt: skip
                    act()
        except Exception as error:  # noqa: BLE001 - whatever ends a client is a failure of the run
            self.failures.append(repr(error))

    def call(self, method, path, body=b"", headers=None):
        answer = self.wire.call(method, path, body, headers)
        self.counts[method, answer.status] += 1
        if answer.status >= 500:
            self.failures.append((method, path, answer.status, answer.body[:200]))
        return answer

    def push(self):
        """Push as clients do: what is said to be there is not pushed."""
        self.counts["push"] += 1
        repository, began, layers = self.dice.choice(REPOSITORIES), time.monotonic(), []
        for number in self.dice.sample(range(len(CONTENTS)), 3):
            self.provide(repository, number)
            layers.append({"mediaType": "l", "digest": DIGESTS[number], "size": len(CONTENTS[number])})  # fmt: skip
        tree = {"schemaVersion": 2, "mediaType": MANIFEST, "config": layers[0], "layers": layers[1:]}  # fmt: skip
        raw = json.dumps(tree).encode()
        tag = f"t{self.dice.randrange(40)}"
        answer = self.call("PUT", f"/v2/{repository}/manifests/{tag}", raw, {"Content-Type": MANIFEST})  # fmt: skip
        if answer.status == 201:
            self.images = [*self.images[-30:], (repository, f"sha256:{sha256(raw).hexdigest()}")]
        elif time.monotonic() - began < GRACE_SECONDS * 0.8:
            self.failures.append(("a blob that was said to be there", answer.status, answer.body))
        else:
            self.counts["late"] += 1

    def provide(self, repository, number):
        if self.call("HEAD", f"/v2/{repository}/blobs/{DIGESTS[number]}").status == 200:
            return
        source = self.dice.choice(REPOSITORIES)
        path = f"/v2/{repository}/blobs/uploads/?mount={DIGESTS[number]}&from={source}"
        begun = self.call("POST", path)
        if begun.status == 202:
            session = begun.headers["location"]
            self.call("PUT", f"{session}?digest={DIGESTS[number]}", CONTENTS[number])

    def pull(self):
        """Pull an image; while its manifest stays, so do its blobs."""
        self.counts["pull"] += 1
        if not self.images:
            return
        repository, digest = self.dice.choice(self.images)
        path = f"/v2/{repository}/manifests/{digest}"
        answer = self.call("GET", path)
        if answer.status != 200:
            return
        tree = json.loads(answer.body)
        for one in (tree["config"], *tree["layers"]):
            got = self.call("GET", f"/v2/{repository}/blobs/{one['digest']}")
            if f"sha256:{sha256(got.body).hexdigest()}" == one["digest"]:
                continue
            # gone only where the image has gone meanwhile
            if self.call("GET", path).status == 200:
                self.failures.append(("a live blob is gone", one["digest"], got.status))

    def delete(self):
        self.counts["delete"] += 1
        if self.images:
            repository, digest = self.dice.choice(self.images)
            self.call("DELETE", f"/v2/{repository}/manifests/{digest}")

    def restore(self):
        self.counts["restore"] += 1
        if self.images:
            repository, digest = self.dice.choice(self.images)
            self.call("POST", f"/api/v1/trash/{repository}/restore?reference={digest}")
