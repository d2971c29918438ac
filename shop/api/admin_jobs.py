"""Work for later, and what became of it."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from shop.api.base import Blueprint, ctx
from shop.api.fields import Instant, Page, Schema
from shop.jobs import jobs

blp = Blueprint("admin_jobs", __name__, admin=True, description="Jobs, dead letters included")

STATES = ("waiting", "running", "done", "skipped", "dead")


class JobQuery(Page):
    state = ma.fields.String(validate=validate.OneOf(STATES), metadata={"title": "State"})


class JobView(Schema):
    id = ma.fields.Integer(required=True)
    plugin = ma.fields.String(required=True, metadata={"help": "core, or the plugin it is of"})
    name = ma.fields.String(required=True)
    key = ma.fields.String(required=True)
    subject = ma.fields.String(
        required=True, metadata={"help": "jobs about one thing run one after another"}
    )
    data = ma.fields.Dict(required=True)
    state = ma.fields.String(required=True, validate=validate.OneOf(STATES))
    tries = ma.fields.Integer(required=True)
    error = ma.fields.String(required=True, metadata={"help": "of the last try"})
    run_at = Instant(required=True)
    created_at = Instant(required=True)
    done_at = Instant(required=True, allow_none=True)


class JobPage(Schema):
    items = ma.fields.List(ma.fields.Nested(JobView), required=True)
    next = ma.fields.String(required=True, allow_none=True)


@blp.get("/jobs", needs="jobs:read")
@blp.arguments(JobQuery, location="query")
@blp.response(200, JobPage)
def admin_list_jobs(query: dict[str, Any]) -> Any:
    """Jobs, the newest first; `state=dead` shows those that failed for good"""
    return jobs.show(ctx(), **query)


@blp.get("/jobs/<int:job_id>", needs="jobs:read")
@blp.response(200, JobView)
def admin_get_job(job_id: int) -> Any:
    """One job"""
    return jobs.get(ctx(), job_id)


@blp.post("/jobs/<int:job_id>/retry", needs="jobs:write")
@blp.response(200, JobView)
def admin_retry_job(job_id: int) -> Any:
    """Run a waiting or dead job now, with all its tries again"""
    return jobs.retry(ctx(), job_id)


@blp.post("/jobs/<int:job_id>/skip", needs="jobs:write")
@blp.response(200, JobView)
def admin_skip_job(job_id: int) -> Any:
    """Leave a waiting or dead job out, so that those behind it go on"""
    return jobs.skip(ctx(), job_id)
