"""Work that nobody waits for: renewals, expired uploads, certificates. A job that fails is logged and tried again at its next turn."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do again and again.

    Attributes:
        every: the pause between two runs.
    """

    name: str
    every: timedelta
    run: Callable[[], Awaitable[object]]


async def run_jobs(jobs: Sequence[Job]) -> None:
    """Run every job at once and then at its interval, until cancelled."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_repeat(job), name=f"job {job.name}")


async def _repeat(job: Job) -> None:
    while True:
        try:
            await job.run()
        except Exception:
            logger.exception("job failed", extra={"job": job.name})
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # what it failed of covers that the server is to stop: a store that is away may answer a cancellation with its own error
                raise asyncio.CancelledError from None
        await asyncio.sleep(job.every.total_seconds())
