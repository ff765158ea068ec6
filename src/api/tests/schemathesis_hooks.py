"""Gives every request a name of its own: what is sent under one name twice must be the same."""

import re
import uuid

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    name = headers.get("Idempotency-Key")
    if isinstance(name, str) and re.fullmatch(r"[!-~]{1,64}", name):
        headers["Idempotency-Key"] = uuid.uuid4().hex
