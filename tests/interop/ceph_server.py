"""A private Ceph object gateway from Debian's binaries: one monitor, one store in memory, one gateway, all on loopback."""

import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from interop.processes import Daemon, free_port

ACCESS_KEY, SECRET_KEY = "made-up-access", "made-up-secret-0123456789"
PROGRAMS = ("ceph-mon", "ceph-osd", "ceph", "monmaptool", "radosgw", "radosgw-admin")
_CONF = """
[global]
fsid = {fsid}
mon_host = v1:127.0.0.1:{monitor_port}
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = false
keyring = /dev/null
log_file = {folder}/$name.log
admin_socket = {folder}/$name.$pid.asok
run_dir = {folder}
crash_dir = {folder}
pid_file =
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
mon_warn_on_pool_no_redundancy = false
# a nearly full disk is no matter: nothing is kept on it
mon_data_avail_crit = 1
mon_data_avail_warn = 2
mon_data = {folder}/monitor
mon_osd_initial_require_min_compat_client = luminous
osd_data = {folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
rgw_data = {folder}/gateway
rgw_enable_usage_log = false
rgw_enable_ops_log = false
rgw_thread_pool_size = 64
rgw_dns_name = 127.0.0.1
"""


def has_programs() -> bool:
    return all(shutil.which(program) for program in PROGRAMS)


class CephServer:
    """A gateway that speaks S3 on a loopback port; its account may make buckets."""

    def __init__(self):
        self.tls = ""
        # short: a socket's path has at most 108 characters
        self.folder = Path(tempfile.mkdtemp(prefix="inkan-ceph-"))
        self.port = free_port()
        self.daemons: list[Daemon] = []
        self.fsid, self.monitor_port = str(uuid.uuid4()), free_port()
        self.conf = self.folder / "ceph.conf"
        self.conf.write_text(
            _CONF.format(fsid=self.fsid, monitor_port=self.monitor_port, folder=self.folder)
        )
        for name in ("monitor", "osd", "gateway"):
            (self.folder / name).mkdir()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def encrypt(self, certificate: Path, key: Path) -> int:
        """Answer with TLS as well from the next start on; return at which port."""
        port = free_port()
        self.tls = f" ssl_endpoint=127.0.0.1:{port} ssl_certificate={certificate} ssl_private_key={key}"  # fmt: skip
        return port

    @property
    def environment(self) -> dict[str, str]:
        """What a client finds its credentials in."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }

    def start(self):
        monmap = self.folder / "monmap"
        self._run("monmaptool", "--create", "--clobber", "--fsid", self.fsid, "--addv", "a", f"[v1:127.0.0.1:{self.monitor_port}]", monmap)  # fmt: skip
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap)
        self._daemon("ceph-mon", "-i", "a", "-f")
        self._until(lambda: self._try("ceph", "-s"))
        osd = str(uuid.uuid4())
        # a monitor that has just answered may still know no commands; making the same store twice is making it once
        self._until(lambda: self._try("ceph", "osd", "new", osd, "0"))
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        store = self._daemon("ceph-osd", "-i", "0", "-f")

        def is_up() -> bool:
            nonlocal store
            if store.process.poll() is not None:
                # it may ask the monitor before it knows which cluster it is in, and ends: it is started again
                store = self._daemon("ceph-osd", "-i", "0", "-f")
            return "1 up" in self._try("ceph", "osd", "stat")

        self._until(is_up)
        self.start_gateway()
        self._run("radosgw-admin", "user", "create", "--uid=inkan", "--display-name=inkan", f"--access-key={ACCESS_KEY}", f"--secret-key={SECRET_KEY}")  # fmt: skip
        return self

    def start_gateway(self):
        """Start the gateway; it may have been killed before."""
        # without tcp_nodelay every small answer waits for 40 ms
        frontend = f"beast endpoint=127.0.0.1:{self.port} tcp_nodelay=1{self.tls}"
        self.gateway = self._daemon("radosgw", "-f", "-n", "client.gateway", "--rgw-frontends", frontend)  # fmt: skip
        self._until(self._answers)

    def kill_gateway(self):
        self.gateway.process.send_signal(signal.SIGKILL)
        self.gateway.process.wait(timeout=30)

    def stop(self):
        for daemon in reversed(self.daemons):
            if daemon.process.poll() is None:
                daemon.end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        assert self.gateway.process.poll() is None, self.gateway.log.read_text(errors="replace")
        try:
            urllib.request.urlopen(self.endpoint, timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def _until(self, ready):
        deadline = time.monotonic() + 90
        while not ready():
            assert time.monotonic() < deadline, "the object gateway did not start"
            time.sleep(0.2)

    def _daemon(self, *command) -> Daemon:
        daemon = Daemon([*command, "-c", self.conf], self.folder / f"{command[0]}.out")
        self.daemons.append(daemon)
        return daemon

    def _run(self, *command) -> str:
        words = [str(word) for word in (*command, "-c", self.conf)]
        ended = subprocess.run(words, capture_output=True, timeout=90, check=False)
        assert ended.returncode == 0, (words, ended.stderr.decode(errors="replace"))
        return ended.stdout.decode()

    def _try(self, *command) -> str:
        words = [str(word) for word in (*command, "-c", self.conf)]
        try:
            ended = subprocess.run(words, capture_output=True, timeout=5, check=False)
        except subprocess.TimeoutExpired:
            return ""
        return ended.stdout.decode() if ended.returncode == 0 else ""
