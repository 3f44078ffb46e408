"""Exemptions: kept here for scanners, shown to whoever may list, made and taken back by who manages the place."""

import json

import pytest
from test_people import set_up

__all__ = ["set_up"]

PATH = "/api/v1/exemptions"
LOG4SHELL = {"scope": "team/app", "issue_type": "cve", "issue_id": "CVE-2021-44228"}


async def send(client, path, tree, expect):
    return await client("POST", path, json.dumps(tree).encode(), expect=expect)


async def test_an_exemption_is_made_listed_and_taken_back(admin):
    made = (await send(admin, PATH, LOG4SHELL, 201)).json
    assert {**LOG4SHELL, "created_by": "admin"}.items() <= made.items()
    await send(admin, PATH, {**LOG4SHELL, "scope": "*"}, 201)
    for query, scopes in (("", ["*", "team/app"]), ("?namespace=team", ["*", "team/app"]), ("?namespace=other", ["*"])):  # fmt: skip
        listed = (await admin("GET", PATH + query, expect=200)).json["exemptions"]
        assert [one["scope"] for one in listed] == scopes
    await send(admin, f"{PATH}/remove", LOG4SHELL, 204)
    gone = await send(admin, f"{PATH}/remove", LOG4SHELL, 404)
    assert gone.json["errors"][0]["code"] == "EXEMPTION_UNKNOWN"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"scope": "nowhere"}, 404),
        ({"scope": ""}, 400),
        ({"scope": "team/../x"}, 400),
        ({"scope": "team/app:a b"}, 400),
        ({"issue_type": "luck"}, 400),
        ({"issue_id": "x\x1b[2J"}, 400),
        ({"issue_id": ""}, 400),
        ({"more": 1}, 400),
    ],
)
async def test_what_is_no_exemption_is_refused(admin, change, status):
    await send(admin, PATH, {**LOG4SHELL, **change}, status)


async def test_others_make_none(world):
    bob = world.client(user="bob", password="other-password")
    for path in (PATH, f"{PATH}/remove"):
        await send(bob, path, LOG4SHELL, 403)
        await send(bob, f"{path}?namespace=team", LOG4SHELL, 403)


async def test_L5_a_manager_of_a_namespace_makes_them_there_and_nowhere_else(set_up):
    await send(set_up.ask, PATH, {**LOG4SHELL, "scope": "*"}, 201)
    await send(set_up.ask, PATH, {**LOG4SHELL, "scope": "other/app"}, 201)
    alice, reader = await set_up.add("alice"), await set_up.add("rita")
    await set_up.grant("manager", "alice")
    await set_up.grant("reader", "rita")
    here, away = f"{PATH}?namespace=team", f"{PATH}/remove?namespace=team"
    await send(alice, here, LOG4SHELL, 201)
    for scope in ("*", "other", "other/app:1.0"):
        for path in (here, away):
            await send(alice, path, {**LOG4SHELL, "scope": scope}, 400)
        await send(alice, PATH, {**LOG4SHELL, "scope": scope}, 403)
    await send(reader, here, LOG4SHELL, 403)
    for somebody in (alice, reader):
        for query in ("", "?namespace=team"):
            listed = (await somebody("GET", PATH + query, expect=200)).json["exemptions"]
            assert [one["scope"] for one in listed] == ["*", "team/app"]
    await send(alice, away, LOG4SHELL, 204)
