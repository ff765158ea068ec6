"""My plugin, a plugin for FAME.

A server of the Model Context Protocol, with the standard library only: one JSON object a line on
stdin, one on stdout for each request. Print nothing else; what people should see goes to stderr.
"""

import json
import sys

VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
INVALID_PARAMS, UNKNOWN_METHOD = -32602, -32601


def tell(arguments):
    """Answers one request. What the user did wrong is a ValueError: FAME speaks its text."""
    topic = arguments.get("topic", "")
    if not isinstance(topic, str) or not topic.strip():
        raise ValueError("What should I tell you about?")
    return f"You asked about {topic.strip()}."


# Each tool: what does it, what it is for, and its arguments as a JSON schema.
TOOLS = {
    "tell": (
        tell,
        "Says what it was asked about.",
        {
            "type": "object",
            "properties": {"topic": {"type": "string"}},
            "required": ["topic"],
        },
        # Tells FAME that nothing is changed, so that it need not ask first.
        {"readOnlyHint": True},
    ),
}


class Refusal(Exception):
    """A request that cannot be met, with the code that JSON-RPC has for it."""

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code = code


def listing():
    return [
        {"name": name, "description": purpose, "inputSchema": schema, "annotations": hints}
        for name, (_, purpose, schema, hints) in TOOLS.items()
    ]


def call(params):
    name = params.get("name")
    if name not in TOOLS:
        raise Refusal(INVALID_PARAMS, f"there is no tool {name}")
    try:
        text, failed = TOOLS[name][0](params.get("arguments") or {}), False
    except ValueError as mistake:
        text, failed = str(mistake), True
    return {"content": [{"type": "text", "text": text}], "isError": failed}


def answer(method, params):
    if method == "initialize":
        wanted = params.get("protocolVersion")
        return {
            "protocolVersion": wanted if wanted in VERSIONS else VERSIONS[0],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "my_plugin", "version": "0.1.0"},
        }
    if method == "ping":
        return {}
    if method == "tools/list":
        return {"tools": listing()}
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
            reply["result"] = answer(request.get("method"), request.get("params") or {})
        except Refusal as refusal:
            reply["error"] = {"code": refusal.code, "message": str(refusal)}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
