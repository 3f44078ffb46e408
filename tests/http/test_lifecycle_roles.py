"""Who manages one namespace says what becomes of its images, and of no other's."""

import json

import pytest
from test_people import set_up

__all__ = ["set_up"]

URL = "https://hook.example/"


def webhook(namespace):
    return json.dumps({"url": URL, "events": ["push"], "namespace": namespace}).encode()


def policy(namespace):
    return json.dumps({"namespace": namespace, "images_per_repo": 1}).encode()


def requests(namespace):
    """Return what a manager does in a namespace."""
    return [
        ("POST", f"/api/v1/retentions?namespace={namespace}", policy(namespace)),
        ("POST", f"/api/v1/retentions/analyze?namespace={namespace}", policy(namespace)),
        ("POST", f"/api/v1/retentions/run?namespace={namespace}", policy(namespace)),
        ("PATCH", f"/api/v1/quotas?namespace={namespace}", b'{"storage_megabytes": 9}'),
        ("PUT", f"/api/v1/immutable-tags/{namespace}", b'{"patterns": ["v*"]}'),
        ("POST", f"/api/v1/webhooks?namespace={namespace}", webhook(namespace)),
        ("GET", f"/api/v1/webhooks?namespace={namespace}", b""),
        ("GET", f"/api/v1/quotas?namespace={namespace}", b""),
        ("GET", f"/api/v1/trash?namespace={namespace}", b""),
        ("GET", f"/api/v1/retentions/{namespace}", b""),
    ]


async def test_a_manager_of_one_namespace_rules_in_it_and_in_no_other(set_up):
    alice = await set_up.add("alice")
    await set_up.grant("manager", "alice")
    for method, path, body in requests("team"):
        assert (await alice(method, path, body)).status in (200, 201), path
    for method, path, body in requests("other"):
        assert (await alice(method, path, body)).status == 403, path
    for method, path, body in (
        ("POST", "/api/v1/retentions", policy("team")),
        ("PATCH", "/api/v1/quotas", b"{}"),
        ("GET", "/api/v1/quotas", b""),
        ("POST", "/api/v1/webhooks", webhook("")),
        ("GET", "/api/v1/webhooks", b""),
    ):
        assert (await alice(method, path, body)).status == 403, path


@pytest.mark.parametrize("elsewhere", ["other", ""])
async def test_what_is_done_is_where_the_caller_was_admitted(set_up, elsewhere):
    alice = await set_up.add("alice")
    await set_up.grant("manager", "alice")
    await alice("POST", "/api/v1/webhooks?namespace=team", webhook(elsewhere), expect=400)
    if elsewhere:
        for path in ("", "/run", "/analyze"):
            await alice("POST", f"/api/v1/retentions{path}?namespace=team", policy(elsewhere), expect=400)  # fmt: skip
    made = await set_up.ask("POST", "/api/v1/webhooks", webhook(elsewhere), expect=201)
    one = f"/api/v1/webhooks/{made.json['id']}"
    assert (await alice("GET", "/api/v1/webhooks?namespace=team", expect=200)).json[
        "webhooks"
    ] == []
    await alice("POST", f"{one}/test?namespace=team", expect=404)
    await alice("DELETE", f"{one}?namespace=team", expect=404)
    await set_up.ask("DELETE", one, expect=204)


async def test_a_reader_sees_the_rules_of_what_they_may_list(set_up):
    for namespace in ("team", "other"):
        body = b'{"patterns": ["v*"]}'
        await set_up.ask("PUT", f"/api/v1/immutable-tags/{namespace}", body, expect=200)
    reader = await set_up.add("rea")
    await set_up.grant("reader", "rea")
    for path, member in (("immutable-tags", "immutable_tags"), ("retentions", "retentions")):
        found = (await reader("GET", f"/api/v1/{path}", expect=200)).json[member]
        assert [one["namespace"] for one in found] == ["team"]
    for method, path, body in requests("team")[:7]:
        assert (await reader(method, path, body)).status == 403, path
