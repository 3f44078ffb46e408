"""Each client logs in by each kind of credential; logging out, revoking a key and disabling an account end what it may."""

import base64
import json
import shutil

import pytest

from inkan.testing.images import make_image
from interop.clients import CLIENTS, IMAGE
from interop.docker_client import PASSPHRASES
from interop.go_clients import GoClient
from interop.tars import tar_of

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]
PERSON, SECRET, ROBOT = "matrix", "a-password-of-matrix", "matrix-robot"


@pytest.fixture(scope="module")
def there(server, tmp_path_factory):
    """A person, a robot and a signed image that both may pull."""
    folder = tmp_path_factory.mktemp("matrix")
    make_image(folder / "made", tar_of(hello=b"hello"))
    words = ("push", "--from", folder / "made", f"{server.host}/{IMAGE}")
    server.inkan(*words, env=PASSPHRASES)
    server.inkan("user-add", PERSON, "--password-stdin", stdin=SECRET.encode())
    server.inkan("service-id-add", ROBOT)
    for account in (PERSON, ROBOT):
        server.inkan("policy-add", "writer", account, "--namespace", "team")
    return server


@pytest.fixture(scope="module")
def chart(there, tmp_path_factory):
    """A chart, for the client that takes nothing else."""
    helm = GoClient("helm", tmp_path_factory.mktemp("chart"), there)
    helm.log_in("registry", "login")
    helm("create", "matrix-chart")
    helm("package", "matrix-chart")
    helm("push", "matrix-chart-0.1.0.tgz", f"oci://{there.host}/team")


@pytest.fixture(params=CLIENTS)
def client(request, there, tmp_path):
    if request.param == "helm":
        request.getfixturevalue("chart")
    return CLIENTS[request.param](request, there, tmp_path)


def new_key(server, account):
    made = server.inkan("api-key-create", "matrix", "--for", account, "-o", "json").out
    return json.loads(made)


def ask_token(server):
    """Return what the token service says to a person who shall be remembered."""
    pair = base64.b64encode(f"{PERSON}:{SECRET}".encode()).decode()
    path = "/token?service=inkan&offline_token=true"
    return json.loads(server.get(path, {"Authorization": f"Basic {pair}"}))


CREDENTIALS = {
    "password": lambda _: (PERSON, SECRET),
    "api-key": lambda server: ("iamapikey", new_key(server, PERSON)["api_key"]),
    "robot": lambda server: ("iamapikey", new_key(server, ROBOT)["api_key"]),
    "token": lambda server: ("iambearer", ask_token(server)["token"]),
    "refresh-token": lambda server: ("iamrefresh", ask_token(server)["refresh_token"]),
}


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_a_client_is_let_in_until_it_logs_out(client, kind, there):
    client.log_in(*CREDENTIALS[kind](there))
    looked = client.look()
    assert looked.code == 0, looked.text
    client.log_out()
    assert client.look().code != 0


def test_a_key_that_is_revoked_opens_nothing_any_more(client, there):
    made = new_key(there, ROBOT)
    client.log_in("iamapikey", made["api_key"])
    assert client.look().code == 0
    there.inkan("api-key-rm", made["id"])
    assert client.look().code != 0


def test_an_account_that_is_disabled_gets_nothing(client, there):
    client.log_in(PERSON, SECRET)
    assert client.look().code == 0
    there.inkan("user-disable", PERSON)
    try:
        assert client.look().code != 0
    finally:
        there.inkan("user-enable", PERSON)
    # what docker has kept in place of the password has ended for good
    client.log_in(PERSON, SECRET)
    assert client.look().code == 0


# notary reads no configuration of docker's
@pytest.mark.parametrize("client", [name for name in CLIENTS if name != "notary"], indirect=True)
@pytest.mark.parametrize("kept_by", ["docker", "inkan"])
def test_a_log_in_that_another_program_keeps_is_found_and_ends_with_its_log_out(
    client, kept_by, there, tmp_path
):
    """docker keeps an identity token in place of a password, and so does `inkan login --sso`; what can read it needs no log-in of its own."""
    # docker leaves the name beside it, without a password
    name = base64.b64encode(f"{PERSON}:".encode()).decode()
    entry = {"auth": name, "identitytoken": ask_token(there)["refresh_token"]}
    kept = tmp_path / "kept" / "config.json"
    env = {"DOCKER_CONFIG": str(kept.parent)}
    kept.parent.mkdir()
    kept.write_text(json.dumps({"auths": {there.host: entry}}))
    if kept_by == "inkan":
        there.inkan("login", there.host, "--ca", there.ca, env=env)
    client.configuration.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(kept, client.configuration)
    looked = client.look()
    assert looked.code == 0, looked.text
    ended = there.inkan("logout", there.host, env={**env, "SSL_CERT_FILE": str(there.ca)})
    assert "warning" not in ended.text
    assert client.look().code != 0
