"""`inkan serve`: from settings to a server that answers, and back to nothing on SIGTERM.

What can go wrong is tried in the order in which it leaves the least behind: settings, addresses, brought certificates, and only then the data
folder. A failure is one line that names the setting.
"""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping

import uvloop

from inkan.clock import SystemClock
from inkan.errors import UnavailableError
from inkan.server import bootstrap, listeners
from inkan.server.assemble import Product, assemble
from inkan.server.data_lock import hold
from inkan.server.jobs import run_jobs
from inkan.server.log_lines import log_to_stderr
from inkan.server.settings import Settings, load, process_environment
from inkan.server.tls import CertificateFiles, ServerTls
from inkan.store.layout import DataFolder

logger = logging.getLogger(__name__)


def serve(flags: Mapping[str, object]) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code 0.

    Raises:
        SettingInvalidError: if a setting cannot be used.
        AddressInUseError: if an address cannot be listened on.
        DataFolderError: if the data folder cannot be used.
    """
    settings = load(flags, process_environment())
    log_to_stderr(settings.log_level)
    # everything below may hold secrets: nothing it writes is for others
    os.umask(0o077)
    uvloop.run(_serve(settings))
    return 0


async def _serve(settings: Settings) -> None:
    sockets = {"listen": listeners.bind(settings.listen, "listen")}
    if settings.trust_listen is not None:
        sockets["trust_listen"] = listeners.bind(settings.trust_listen, "trust_listen")
    clock = SystemClock()
    folder = DataFolder(settings.data)
    tls = _tls(settings, folder)
    if tls is not None and settings.tls.mode == "files":
        tls.refresh(clock.now())
    with hold(folder):
        if tls is not None and settings.tls.mode == "auto":
            tls.refresh(clock.now())
        async with assemble(settings, folder, clock, tls) as product:
            password_file = await bootstrap.ensure_admin(
                product.accounts, folder, settings.admin_password
            )
            steps = bootstrap.next_steps(settings, folder, password_file)
            async with _jobs(product):
                await listeners.serve(
                    _listeners(sockets, product),
                    tls.context if tls else None,
                    settings.shutdown_grace,
                    proxies=settings.proxies,
                    bounds=listeners.Bounds(
                        listeners.open_files(settings.max_connections), settings.stall_timeout
                    ),
                    ready=lambda: print(steps, file=sys.stderr, flush=True),  # noqa: T201
                )
    logger.info("stopped")


def _listeners(sockets: Mapping[str, socket.socket], product: Product) -> list[listeners.Listener]:
    applications = {"listen": product.registry, "trust_listen": product.trust}
    return [
        listeners.Listener(bound, applications[name], applications[name].memory)
        for name, bound in sockets.items()
    ]


def _tls(settings: Settings, folder: DataFolder) -> ServerTls | None:
    if settings.tls.mode == "off":
        return None
    if settings.tls.mode == "files":
        assert settings.tls.certificate
        assert settings.tls.key
        files = CertificateFiles(settings.tls.certificate, settings.tls.key)
    else:
        files = CertificateFiles(
            folder.server_certificate, folder.server_key, folder.ca_certificate, folder.ca_key
        )
    return ServerTls(files, settings.host_names)


@contextlib.asynccontextmanager
async def _jobs(product: Product) -> AsyncIterator[None]:
    task = asyncio.create_task(run_jobs(product.jobs))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        # what was gathered since the job's last turn
        with contextlib.suppress(UnavailableError):
            await product.audit.flush(is_last=True)
