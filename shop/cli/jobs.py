"""`shop jobs …` and `shop worker`."""

from __future__ import annotations

import signal
import sys
from threading import Event

import click

from shop.cli.base import NUMBER, console, guarded, open_instance, store_option, table, when
from shop.jobs import jobs as service
from shop.jobs.runner import Runner
from shop.loading.watchdog import EXIT, Watchdog


@click.group()
def jobs() -> None:
    """Work for later: see it, retry or skip what failed for good."""


@jobs.command("list")
@store_option
@click.option("--state", default="", help="waiting, running, done, skipped or dead")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@click.pass_context
@guarded
def list_jobs(context: click.Context, store: str, state: str, limit: int) -> None:
    """Jobs, the newest first."""
    ctx = open_instance(context).context(store)
    shown = table(f"Jobs of {store}", "id", "job", "key", "state", "tries", "runs at", "error")
    for job in service.show(ctx, state, limit)["items"]:
        shown.add_row(
            str(job["id"]), f"{job['plugin']}/{job['name']}", job["key"], job["state"],
            str(job["tries"]), when(ctx, job["run_at"]), job["error"][:80],
        )  # fmt: skip
    console.print(shown)


@jobs.command("retry")
@store_option
@click.argument("number", type=NUMBER)
@click.pass_context
@guarded
def retry_job(context: click.Context, store: str, number: int) -> None:
    """Run job NUMBER now, with all its tries again."""
    job = service.retry(open_instance(context).context(store), number)
    console.print(f"job {job['id']} runs again")


@jobs.command("skip")
@store_option
@click.argument("number", type=NUMBER)
@click.pass_context
@guarded
def skip_job(context: click.Context, store: str, number: int) -> None:
    """Leave job NUMBER out; those behind it go on."""
    job = service.skip(open_instance(context).context(store), number)
    console.print(f"job {job['id']} is skipped")


@jobs.command("run")
@click.pass_context
@guarded
def run_jobs(context: click.Context) -> None:
    """Run what is due in all stores, then stop: for a shop that has no runner, by cron."""
    runner, ran = Runner(open_instance(context)), 0
    while done := runner.tick():
        ran += done
    console.print(f"{ran} jobs ran")


@click.command()
@click.pass_context
@guarded
def worker(context: click.Context) -> None:
    """Run jobs until told to stop (SIGTERM); start as many as you like."""
    runner = Runner(open_instance(context))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: runner.stop())
    hung = Event()
    Watchdog(lambda plugin, hook: hung.set(), runner.stop).start()
    console.print(f"running jobs as {runner.name}")
    sys.stdout.flush()
    runner.run()
    if hung.is_set():
        sys.exit(EXIT)


commands = [jobs, worker]
