"""What a decision costs: a manifest by tag, asked for by an account of fifty roles, by a limited API key, and by nobody from a public namespace.

Each request has a field of its own, so that none is answered from memory: token, account, roles, groups and namespace are looked up and decided every time. One
kept connection, in turn; the server's own processor time, medians of the rounds. `python bench/decision.py [--rounds N] [--requests N]`
"""

import argparse
import base64
import json
import shutil
import statistics
import tempfile
from pathlib import Path

import page
from peers import Peer
from servers import PASSWORD, inkan

PATH = "/v2/team/bench/manifests/v1"
ROLES = 50


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def token(peer: Peer, credential: dict[str, str]) -> dict[str, str]:
    scope = "repository:team/bench:pull"
    _, body = peer.call("GET", f"/token?service=inkan&scope={scope}", headers=credential)
    return {"Authorization": f"Bearer {json.loads(body)['token']}"}


def people(peer: Peer) -> dict[str, dict[str, str]]:
    """Return who asks, with what they show."""
    admin = basic("admin", PASSWORD)
    peer.push_image("v1")
    body = json.dumps({"password": PASSWORD}).encode()
    peer.call("PUT", "/api/v1/accounts/alice", body, admin)
    for number in range(ROLES - 1):
        peer.call("PUT", f"/api/v1/namespaces/space{number}", headers=admin)
        path = f"/api/v1/namespaces/space{number}/policies/writer/account/alice"
        peer.call("PUT", path, headers=admin)
    peer.call("PUT", "/api/v1/namespaces/team/policies/reader/account/alice", headers=admin)
    tree = {"account": "alice", "name": "k", "roles": ["reader"], "namespaces": ["team"]}
    _, made = peer.call("POST", "/api/v1/api-keys", json.dumps(tree).encode(), admin)
    key = basic("iamapikey", json.loads(made)["api_key"])
    peer.call("PUT", "/api/v1/namespaces/team/visibility/public", headers=admin)
    return {
        "nobody, public namespace": {"Authorization": ""},
        f"account with {ROLES} roles": token(peer, basic("alice", PASSWORD)),
        "limited API key's token": token(peer, key),
    }


def microseconds(peer: Peer, shown: dict[str, str], requests: int, salt: str) -> float:
    connection = peer.connect()
    began = peer.processor_seconds()
    for number in range(requests):
        peer.call("GET", PATH, headers={**shown, "X-Number": f"{salt}{number}"}, connection=connection)  # fmt: skip
    return (peer.processor_seconds() - began) / requests * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--write", action="store_true", help="put the table into bench/README.md")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    peer = inkan(folder)
    try:
        who = people(peer)
        taken: dict[str, list[float]] = {name: [] for name in who}
        for number in range(options.rounds):
            for name, shown in who.items():
                taken[name].append(microseconds(peer, shown, options.requests, f"{number}."))
    finally:
        peer.stop()
        shutil.rmtree(folder)
    base = statistics.median(taken["nobody, public namespace"])
    lines = ["| manifest GET by tag, not from memory | µs of the processor, median | beside nobody's |", "|---|---|---|"]  # fmt: skip
    for name, values in taken.items():
        median = statistics.median(values)
        lines.append(f"| {name} | {median:,.0f} | {median - base:+,.0f} |")
    print("\n".join(lines))
    if options.write:
        page.put("decision", [f"{page.machine()}.", "", *lines])


if __name__ == "__main__":
    main()
