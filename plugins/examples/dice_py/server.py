"""Rolls dice: a plugin for FAME in Python, with the standard library only.

It speaks the Model Context Protocol by itself, to show how little that takes: one JSON object a
line on stdin, one on stdout for each request. Anything for people goes to stderr.
"""

import json
import secrets
import sys

VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
MOST_DICE = 20
INVALID_PARAMS, UNKNOWN_METHOD = -32602, -32601

ROLL = {
    "name": "roll",
    "description": "Rolls dice and tells what each shows, and their sum.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "count": {"type": "integer", "minimum": 1, "maximum": MOST_DICE, "default": 1},
            "sides": {"type": "integer", "minimum": 2, "maximum": 1000, "default": 6},
        },
        "additionalProperties": False,
    },
    "annotations": {"readOnlyHint": True},
}


class Refusal(Exception):
    """A request that cannot be met, with the code that JSON-RPC has for it."""

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code = code


def whole(arguments, name):
    """An argument as a whole number within the bounds of the schema."""
    bounds = ROLL["inputSchema"]["properties"][name]
    value = arguments.get(name, bounds["default"])
    low, high = bounds["minimum"], bounds["maximum"]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise ValueError(f"I can only roll whole numbers, not {value}.")
    if not low <= value <= high:
        raise ValueError(f"Please choose between {low} and {high} {name}.".replace("count", "dice"))
    return int(value)


def roll(arguments):
    count, sides = whole(arguments, "count"), whole(arguments, "sides")
    rolls = [secrets.randbelow(sides) + 1 for _ in range(count)]
    text = f"{rolls[0]}."
    if count > 1:
        text = f"{', '.join(map(str, rolls[:-1]))} and {rolls[-1]}. That makes {sum(rolls)}."
    return text, {"rolls": rolls, "sum": sum(rolls)}


def call(params):
    if params.get("name") != ROLL["name"]:
        raise Refusal(INVALID_PARAMS, "there is only one tool, roll")
    try:
        text, data = roll(params.get("arguments", {}))
    except ValueError as mistake:
        return {"content": [{"type": "text", "text": str(mistake)}], "isError": True}
    return {"content": [{"type": "text", "text": text}], "structuredContent": data}


def answer(method, params):
    if method == "initialize":
        wanted = params.get("protocolVersion")
        return {
            "protocolVersion": wanted if wanted in VERSIONS else VERSIONS[0],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "dice", "version": "1.0.0"},
        }
    if method == "ping":
        return {}
    if method == "tools/list":
        return {"tools": [ROLL]}
    if method == "tools/call":
        return call(params)
    raise Refusal(UNKNOWN_METHOD, f"there is no method {method}")


def main():
    for line in sys.stdin:
        request = json.loads(line)
        if "id" not in request:
            continue  # a notification wants no answer
        reply = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            reply["result"] = answer(request.get("method"), request.get("params", {}))
        except Refusal as refusal:
            reply["error"] = {"code": refusal.code, "message": str(refusal)}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
