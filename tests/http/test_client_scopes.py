"""What the command line asks a token for is what the route then demands."""

from collections import defaultdict

import pytest

from inkan.client.administration import Administration
from inkan.client.exemptions import Exempting
from inkan.client.lifecycle import Lifecycle
from inkan.client.people import People
from inkan.client.targets import Target
from inkan.oci.reference import Reference

POLICY = ("reader", "account", "bob", "team")
CALLS = [
    (Administration, "regions", ()),
    (Administration, "namespaces", ()),
    (Administration, "add_namespace", ("team",)),
    (Administration, "images", ("",)),
    (Administration, "images", ("team",)),
    (Administration, "digests", ("team",)),
    (Administration, "prune", ("team",)),
    (Administration, "garbage", ()),
    (Administration, "collect_garbage", ()),
    (Administration, "trust_status", ("team/app",)),
    (Administration, "trust_log", (None, 9)),
    (Administration, "trust_log", ("team/app", 9)),
    (Administration, "trust_reset", ("team/app",)),
    (Administration, "trust_restore", ("team/app", "x")),
    (Lifecycle, "trash", ("team",)),
    (Lifecycle, "restore", (Reference.parse("team/app:1"),)),
    (Lifecycle, "immutable_tags", ()),
    (Lifecycle, "set_immutable_tags", ("team", ("v*",))),
    (Lifecycle, "retention_policies", ()),
    (Lifecycle, "analyze_retention", ({"namespace": "team"},)),
    (Lifecycle, "set_retention_policy", ({"namespace": "team"},)),
    (Lifecycle, "run_retention", ({"namespace": "team"},)),
    (Lifecycle, "quota", ("",)),
    (Lifecycle, "webhooks", ("team",)),
    (Lifecycle, "add_webhook", ("https://hook.test/", ("push",), "team")),
    (Lifecycle, "remove_webhook", ("x", "team")),
    (Lifecycle, "test_webhook", ("x", "team")),
    (Exempting, "exemptions", ("team",)),
    (Exempting, "exempt", ("team", "cve", "CVE-2021-44228")),
    (Exempting, "exempt_no_more", ("team", "cve", "CVE-2021-44228")),
    (People, "accounts", ("person",)),
    (People, "groups", ()),
    (People, "policies", ()),
    (People, "add_policy", POLICY),
    (People, "remove_policy", POLICY),
]


class Recorder:
    """A session that answers everything alike, and remembers what was asked."""

    body = b"{}"

    def __init__(self):
        self.asked = None

    def call(self, method, path, scope="", **_options):
        self.asked = method, path.partition("?")[0], scope
        return self

    def tree(self):
        return defaultdict(list, {"images": [], "accounts": [], "groups": [], "policies": []})


@pytest.mark.parametrize(("kind", "act", "words"), CALLS)
async def test_a_call_asks_for_what_its_route_demands(world, kind, act, words):
    client = kind.__new__(kind)
    client.target, client._session = Target("localhost"), Recorder()
    getattr(client, act)(*words)
    method, path, scope = client._session.asked
    match = world.product.registry.table.find(method, path)
    needed = match.route.requires.demand(match.params).scope
    resource, name, actions = scope.rsplit(":", 2)
    if needed:
        assert needed.rsplit(":", 2)[:2] == [resource, name]
        assert set(needed.rsplit(":", 2)[2].split(",")) <= set(actions.split(","))
