"""A network of a test's own: a namespace with an address that is not loopback, so that docker really verifies certificates.

docker takes every name that resolves to loopback for insecure. dockerd does not start under `ip netns exec`, which mounts /sys anew; it does under
`nsenter` into the namespace with a mount namespace of its own.
"""

import contextlib
import os
from pathlib import Path

from interop.processes import run

ADDRESS = "10.123.45.1"


@contextlib.contextmanager
def private_network(folder: Path, *names: str):
    """Yield the words to put before a command to run it in the network."""
    network = f"inkan{os.getpid()}"
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} {' '.join(names)}\n")
    run("ip", "netns", "add", network)
    try:
        # an address of another kind on the only interface there is: what counts for docker is the address
        run("ip", "-n", network, "link", "set", "lo", "up")
        run("ip", "-n", network, "addr", "add", f"{ADDRESS}/32", "dev", "lo")
        enter = f'mount --bind "{hosts}" /etc/hosts && exec "$@"'
        yield ("nsenter", f"--net=/run/netns/{network}", "unshare", "-m", "sh", "-c", enter, "sh")
    finally:
        run("ip", "netns", "del", network, check=False)
