"""Jobs go on after a failure, and end when they are told to, whatever they fail of just then."""

import asyncio
from datetime import timedelta

import pytest

from inkan.server.jobs import Job, run_jobs

SOON = timedelta(microseconds=1)


async def test_a_job_that_fails_is_run_again():
    runs, is_third = [], asyncio.Event()

    async def fail():
        runs.append(1)
        if len(runs) == 3:
            is_third.set()
        raise OSError

    task = asyncio.create_task(run_jobs([Job("fails", SOON, fail)]))
    await is_third.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_job_that_answers_its_end_with_a_failure_ends():
    began = asyncio.Event()

    async def hang():
        began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise TimeoutError from None

    task = asyncio.create_task(run_jobs([Job("hangs", SOON, hang)]))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
