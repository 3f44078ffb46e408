"""What clients do when two publish at once, and when the trust server is away."""

import concurrent.futures
import shutil

import pytest

from interop.docker_client import DockerClient
from interop.inkan_server import InkanServer

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


def test_of_many_pushes_at_once_none_is_lost_and_the_collection_verifies(
    person, repository, engine, tmp_path
):
    """Same owner, several machines: whoever is told "signed" is signed, whoever is refused may push again."""
    owner = person("owner")
    owner.make_image(f"{repository}:0", b"zero")
    owner("push", f"{repository}:0", trust=True)
    tags = [str(number) for number in range(1, 6)]
    for tag in tags:
        owner("tag", f"{repository}:0", f"{repository}:{tag}")

    def push(tag):
        # one folder of docker's is no place for two of them: each would publish, and clear, the other's changes
        machine = DockerClient(owner.program, tmp_path / f"machine{tag}", engine)
        shutil.copytree(owner.home, machine.home, dirs_exist_ok=True)
        return tag, machine("push", f"{repository}:{tag}", trust=True, check=False)

    with concurrent.futures.ThreadPoolExecutor(len(tags)) as pool:
        ended = list(pool.map(push, tags))
    signed = {row["SignedTag"] for row in owner.signatures(repository)["SignedTags"]}
    for tag, result in ended:
        if result.code == 0:
            assert tag in signed
        else:
            # the reference says "trust server rejected operation" and no more
            assert "update, then publish again" in result.text, result.text
            owner("push", f"{repository}:{tag}", trust=True)
    assert {row["SignedTag"] for row in owner.signatures(repository)["SignedTags"]} == {"0", *tags}


def test_a_server_that_comes_back_is_the_same(cli, engine, tmp_path):
    with InkanServer(tmp_path) as server:
        server.log_in().inkan("namespace-add", "team")
        owner = DockerClient(cli, tmp_path / "owner", engine)
        owner.log_in(server.host)
        reference = f"{server.host}/team/app:1"
        owner.make_image(reference)
        owner("push", reference, trust=True)
        before = owner.signatures(reference)
        assert server.stop() == 0
        refused = DockerClient(cli, tmp_path / "fresh", engine)(
            "pull", reference, trust=True, check=False
        )
        assert refused.code == 1
        server.start()
        assert owner.signatures(reference) == before
        owner("pull", reference, trust=True)
        owner("tag", reference, f"{server.host}/team/app:2")
        owner("push", f"{server.host}/team/app:2", trust=True)
        assert server.stop() == 0
