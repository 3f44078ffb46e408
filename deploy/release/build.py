"""Builds a release so that anybody can build it again, byte for byte, and see that it is the same.

`python deploy/release/build.py --out dist` writes the wheel, the source archive, `provenance.json` (what was built from which commit, with which tools) and `SHA256SUMS` over them.
What is built is the commit, not the tree: nothing that lies about gets in. Nobody's key is touched here; `docs/how-to/verify-a-release.md` tells who signs `SHA256SUMS`, and how.

Source: reproducible-builds.org, SOURCE_DATE_EPOCH; in-toto attestation framework, Statement v1; SLSA provenance v1.
"""

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BUILD = "from flit_core import buildapi as b; import sys; b.build_wheel(sys.argv[1]); b.build_sdist(sys.argv[1])"


def git(*words: str) -> bytes:
    """Return what git says of this repository."""
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout


def sha256(content: bytes) -> str:
    """Return a digest as `sha256sum` writes it."""
    return hashlib.sha256(content).hexdigest()


def build(commit: str, out: Path) -> list[Path]:
    """Build the wheel and the source archive of a commit; return them."""
    epoch = git("show", "-s", "--format=%ct", commit).decode().strip()
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as tree:
            tree.extractall(folder, filter="data")
        environment = {**os.environ, "SOURCE_DATE_EPOCH": epoch, "PYTHONHASHSEED": "0"}
        command = [sys.executable, "-c", _BUILD, str(out)]
        subprocess.run(command, cwd=folder, env=environment, check=True)
    return sorted([*out.glob("*.whl"), *out.glob("*.tar.gz")])


def provenance(commit: str, made: list[Path]) -> dict[str, object]:
    """Return the statement of what was made from what."""
    locks = ("requirements/build.txt", "requirements/run.txt")
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": one.name, "digest": {"sha256": sha256(one.read_bytes())}} for one in made
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "inkan/deploy/release/build.py",
                "externalParameters": {"commit": commit},
                "resolvedDependencies": [
                    {"name": name, "digest": {"sha256": sha256(git("show", f"{commit}:{name}"))}}
                    for name in locks
                ],
            },
            "runDetails": {"builder": {"id": "inkan/deploy/release/build.py"}},
        },
    }


def main() -> None:
    """Build into the folder that was named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--commit", default="HEAD")
    told = parser.parse_args()
    out: Path = told.out.resolve()
    if out.exists() and any(out.iterdir()):
        parser.error(f"{out} is not empty: what is there already would be taken for this release")
    out.mkdir(parents=True, exist_ok=True)
    commit = git("rev-parse", f"{told.commit}^{{commit}}").decode().strip()
    made = build(commit, out)
    statement = out / "provenance.json"
    statement.write_text(json.dumps(provenance(commit, made), indent=1, sort_keys=True) + "\n")
    lines = [f"{sha256(one.read_bytes())}  {one.name}\n" for one in sorted([*made, statement])]
    (out / "SHA256SUMS").write_text("".join(lines))
    sys.stdout.write("".join(lines))


if __name__ == "__main__":
    main()
