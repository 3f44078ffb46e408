"""A release is made, verified and signed as the pages tell: the same bytes each time, and nothing else is believed."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from faults.wire import PASSWORD, Server, Wire
from inkan.testing.images import make_image

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "verify-a-release.md").read_text()
POLICY = (ROOT / "SECURITY.md").read_text()
RELEASE = ROOT / "deploy" / "release"


def commands(heading: str) -> list[str]:
    """Return the blocks that a section of the page tells to type."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)[1]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def sh(text: str, folder: Path, check=True, **environment):
    command = ["sh", "-euc", text]
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, env=env, check=check, capture_output=True, text=True)


@pytest.fixture(scope="module")
def build():
    """Builds the last commit into a folder."""
    if not (ROOT / ".git").exists():
        pytest.skip("there is no commit outside a checkout")

    def build(out: Path, umask: int = 0o022) -> str:
        command = [sys.executable, RELEASE / "build.py", "--out", out]
        subprocess.run(command, check=True, capture_output=True, umask=umask)
        return (out / "SHA256SUMS").read_text()

    return build


@pytest.fixture
def release(build, tmp_path):
    """A release in a folder, signed by the steps of the page, but without a passphrase that somebody would have to type."""
    out = tmp_path / "dist"
    build(out)
    steps = commands("Make a release")[-1].replace(" -aes256", "")
    sh(steps, out)
    (out / "inkan-release.key").unlink()
    return out


@pytest.mark.slow
def test_SUP_006_a_commit_gives_the_same_bytes_each_time(build, tmp_path):
    """Whatever the mask of the builder's files; hash, size and all."""
    first, second = build(tmp_path / "one", 0o022), build(tmp_path / "two", 0o077)
    assert first == second
    names = [line.split()[1] for line in first.splitlines()]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert names == [f"inkan-{version}-py3-none-any.whl", f"inkan-{version}.tar.gz", "provenance.json"]  # fmt: skip
    statement = json.loads((tmp_path / "one" / "provenance.json").read_text())
    said = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    assert said == {line.split()[1]: line.split()[0] for line in first.splitlines()[:2]}
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # fmt: skip
    build_definition = statement["predicate"]["buildDefinition"]
    assert build_definition["externalParameters"]["commit"] == commit.strip()
    with zipfile.ZipFile(tmp_path / "one" / names[0]) as wheel:
        assert "inkan/cli/main.py" in wheel.namelist()
        assert not [name for name in wheel.namelist() if not name.startswith("inkan")]
    # the hashes by which the page has the dependencies installed come with the source
    with tarfile.open(tmp_path / "one" / names[1]) as source:
        assert {f"inkan-{version}/requirements/run.txt", f"inkan-{version}/SECURITY.md"} <= set(source.getnames())  # fmt: skip


@pytest.mark.slow
def test_SUP_006_what_the_page_tells_to_verify_verifies(release):
    done = sh(commands("Verify")[0], release)
    assert "Signature Verified Successfully" in done.stdout
    assert done.stdout.count(": OK\n") == 3
    assert "PRIVATE" not in "".join(one.read_text(errors="replace") for one in release.iterdir() if one.suffix != ".gz")  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ["*.whl", "*.tar.gz", "provenance.json", "SHA256SUMS"])
def test_SUP_006_one_byte_more_anywhere_is_refused(release, name):
    (file,) = release.glob(name)
    with file.open("ab") as altered:
        altered.write(b"\n")
    assert sh(commands("Verify")[0], release, check=False).returncode != 0


@pytest.mark.slow
def test_SUP_006_another_key_s_signature_is_refused(release):
    sh("openssl genpkey -algorithm ed25519 -out other.key; openssl pkeyutl -sign -inkey other.key -rawin -in SHA256SUMS -out SHA256SUMS.sig", release)  # fmt: skip
    assert sh(commands("Verify")[0], release, check=False).returncode != 0


def test_SUP_006_no_token_that_lasts_uploads_anything():
    """By the words of the page, and because nothing here uploads."""
    assert "trusted publishing" in PAGE
    assert "PEP 740" in PAGE
    recipes = "".join(one.read_text() for one in [ROOT / "Makefile", *(ROOT / ".ci").iterdir(), *RELEASE.iterdir()])  # fmt: skip
    assert not re.search(r"twine|publish\b|_TOKEN|--password\b", recipes)


@pytest.fixture
def registry(tmp_path):
    """A fresh server, and the environments of who releases and of somebody who pulls."""
    server = Server(tmp_path / "data").start()
    with Wire(server.port) as wire:
        wire.make_namespace("inkan")
    people = []
    for name in ("releaser", "anybody"):
        home = tmp_path / name
        home.mkdir()
        (home / "inkan.json").write_text(f'{{"target": "http://127.0.0.1:{server.port}"}}')
        people.append(
            {
                "DOCKER_CONFIG": str(home), "INKAN_CONFIG": str(home / "inkan.json"), "HOME": str(home),
                "INKAN_USERNAME": "admin", "INKAN_PASSWORD": PASSWORD,
                "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": "the root's passphrase",
                "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": "the repository's passphrase",
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            }
        )  # fmt: skip
    yield server, *people
    server.stop()


def find_cosign():
    """Return where cosign is; nothing where it is not installed."""
    built = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inkan-interop" / "go"
    )
    found = shutil.which("cosign") or next(iter(built.glob("cosign@*/cosign")), None)
    return Path(found) if found else None


@pytest.mark.slow
def test_SUP_007_our_image_is_signed_by_ourselves_and_by_cosign(registry, release, tmp_path):
    """Into a fresh registry of our own: pushed, signed by the script, verified by somebody who knows nothing yet but the root's key."""
    server, releaser, anybody = registry
    (wheel,) = release.glob("*.whl")
    packed = sh(f"tar --sort=name --mtime=@0 -cf - {wheel.name} | base64 -w0", release).stdout
    make_image(tmp_path / "image", base64.b64decode(packed))
    image = f"127.0.0.1:{server.port}/inkan/inkan:0.1.0"
    sh(f"inkan push --disable-content-trust --from {tmp_path / 'image'} {image}", tmp_path, **releaser)  # fmt: skip
    assert sh(f"inkan trust verify {image}", tmp_path, check=False, **anybody).returncode != 0
    program, more = find_cosign(), {}
    if program:
        for person in (releaser, anybody):
            person["PATH"] = f"{program.parent}:{person['PATH']}"
            sh(f"cosign login 127.0.0.1:{server.port} -u admin --password-stdin <<END\n{PASSWORD}\nEND", tmp_path, **person)  # fmt: skip
        more = {"COSIGN_PASSWORD": "x", "COSIGN_KEY": "cosign.key", "COSIGN_YES": "true"}
        sh("cosign generate-key-pair", tmp_path, **releaser, **more)
    signed = sh(f"{RELEASE / 'sign-image.sh'} {image}", tmp_path, **releaser, **more)
    digest = sh(f"inkan trust verify {image}", tmp_path, **anybody).stdout.strip()
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    sh(f"inkan pull {image} --to {tmp_path / 'back'}", tmp_path, **anybody)
    if not program:
        print("cosign is not installed: signed and verified by content trust alone", file=sys.stderr)  # fmt: skip
        assert "cosign is not installed" in signed.stderr
        return
    name = f"{image.rpartition(':')[0]}@{digest}"
    sh(f"cosign verify --key cosign.pub --insecure-ignore-tlog=true {name}", tmp_path, **anybody)
    sh("mv cosign.key old.key; mv cosign.pub old.pub; cosign generate-key-pair", tmp_path, **releaser, **more)  # fmt: skip
    assert sh(f"cosign verify --key cosign.pub --insecure-ignore-tlog=true {name}", tmp_path, check=False, **anybody).returncode != 0  # fmt: skip


def test_SUP_003_what_is_locked_is_compared_with_what_is_known_and_not_looking_is_a_failure():
    """Every run-time and build-time version, by its hash; the policy says how fast what is found is mended."""
    recipe = re.search(r"^audit:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]  # fmt: skip
    assert {"--strict", "--require-hashes"} <= set(recipe.split())
    assert {"requirements/run.txt", "requirements/build.txt"} <= set(recipe.split())
    assert "make audit" in (ROOT / ".ci" / "audit").read_text()
    assert re.search(r"within \*\*7 days\*\* if it is high or critical", POLICY)
    assert "At a release there are none known" in POLICY
    assert "A team without one carries `requirements/*.txt`" in PAGE
    assert "pip-audit==" in (ROOT / "requirements" / "audit.txt").read_text()


def test_SUP_012_the_policy_says_how_to_report_and_how_fast_a_fix_is_out():
    assert POLICY.startswith("# Security policy\n")
    report = re.search(r"## Report a vulnerability\n(.*?)\n## ", POLICY, re.DOTALL)[1]
    assert "private vulnerability reporting" in report
    assert "| 48 hours from the fix being ready | a release with it, and the advisory |" in report
    assert "at most 48 hours" in POLICY
    drill = re.search(r"## The drill\n(.*)\Z", POLICY, re.DOTALL)[1]
    assert Path(__file__).relative_to(ROOT).as_posix() in drill
    for step in ("Open", "Fix", "Build", "Sign", "Publish", "Look back"):
        assert re.search(rf"^\d\. \*{step}\.\*", POLICY, re.MULTILINE), step
    assert "SECURITY.md" in (ROOT / "README.md").read_text()


# --- what runs by itself --------------------------------------------------------------------------


def faults_of(text: str) -> list[str]:
    """Return what is wrong with a recipe or a workflow that runs by itself."""
    found = []
    if re.search(r"\bpull_request_target\b|\bworkflow_run\b", text):
        found.append("strangers' code would run with the owner's rights")
    if re.search(r"\b(curl|wget)\b[^\n|]*\|\s*(sudo\s+)?(ba)?sh\b", text):
        found.append("runs what a server says today")
    found += [
        f"not pinned by commit: {used}"
        for used in re.findall(r"^\s*-?\s*uses:\s*(\S+)", text, re.MULTILINE)
        if not used.startswith("./") and not re.search(r"@[0-9a-f]{40}$", used)
    ]
    found += [
        f"not pinned by hash: {line.strip()}"
        for line in re.findall(r"^.*\b(?:pip3?|npm|uv pip)\s+(?:install|i|sync)\b.*$", text, re.MULTILINE)
        if "--require-hashes" not in line and not re.search(r"--no-deps|--no-index", line)
    ]  # fmt: skip
    if re.search(r"^\s*jobs:", text, re.MULTILINE):
        if not re.search(r"^permissions:\s*(\{\}|read-all|\n\s+contents:\s*read)", text, re.MULTILINE):  # fmt: skip
            found.append("no least privilege")
        if re.search(r"write-all|:\s*write\b", text):
            found.append("may write")
    return found


def test_SUP_008_what_runs_by_itself_is_pinned_and_may_little():
    """The recipes of CI and of make, whatever workflows there are, and what they install the real clients with."""
    recipes = [one for one in (ROOT / ".ci").rglob("*") if one.is_file()]
    workflows = [*ROOT.glob(".github/workflows/*"), *ROOT.glob(".gitlab-ci.yml"), *ROOT.glob(".forgejo/workflows/*")]  # fmt: skip
    assert recipes
    for path in [*recipes, *workflows, ROOT / "Makefile", ROOT / "tests" / "interop" / "install.sh"]:  # fmt: skip
        assert faults_of(path.read_text()) == [], path
    install = (ROOT / "tests" / "interop" / "install.sh").read_text()
    # what npm installs is locked by hash, and runs nothing at installation
    assert re.findall(r"npm (\w+) (\S+)", install) == [("ci", "--ignore-scripts")]
    lock = json.loads((ROOT / "tests/interop/identity_provider/package-lock.json").read_text())
    assert all("integrity" in one for name, one in lock["packages"].items() if name)


@pytest.mark.parametrize(
    "wrong",
    [
        "on: pull_request_target",
        "curl -sSf example.test/x.sh | sh",
        "wget -qO- example.test | sudo bash",
        "steps:\n  - uses: actions/checkout@v4",
        "steps:\n  - uses: actions/checkout@main",
        "pip install requests",
        "npm install left-pad",
        "jobs:\n  x:\n    runs-on: y",
        "permissions:\n  contents: write\njobs:\n  x: y",
        "permissions: write-all\njobs:\n  x: y",
    ],
)
def test_SUP_008_what_is_not_pinned_or_may_much_is_seen(wrong):
    assert faults_of(wrong)


def test_SUP_008_what_is_pinned_and_may_little_passes():
    assert faults_of(f"permissions:\n  contents: read\njobs:\n  x:\n    steps:\n      - uses: a/b@{'0' * 40}\n") == []  # fmt: skip
