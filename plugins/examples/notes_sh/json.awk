# Reads one line of JSON and prints four of its values, as JSON, a line each: `id`, `method`,
# `params.name` and `params.arguments.text`. Fails if the line is not JSON.
#
# A value is looked for by its path from the root, so the same name elsewhere, or inside a text, is
# never taken for it.

BEGIN {
    SPACE = "^[ \t\r]+"
    HEX = "[0-9A-Fa-f]"
    STRING = "^\"([^\"\\\\\001-\037]|\\\\[\"\\\\/bfnrt]|\\\\u" HEX HEX HEX HEX ")*\""
    NUMBER = "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?"
    WORD = "^(true|false|null)"
    DEEPEST = 64
}

{
    rest = $0
    failed = 0
    value("", 0)
    skip()
    if (failed || rest != "") exit 1
    print found["/id"]
    print found["/method"]
    print found["/params/name"]
    print found["/params/arguments/text"]
    exit 0
}

# Takes what `pattern` matches off the front of `rest`, into `token`.
function take(pattern) {
    if (!match(rest, pattern)) return 0
    token = substr(rest, 1, RLENGTH)
    rest = substr(rest, RLENGTH + 1)
    return 1
}

function skip() { take(SPACE) }

function value(path, depth) {
    skip()
    if (depth > DEEPEST) failed = 1
    else if (take("^{")) members(path, depth)
    else if (take("^\\[")) elements(path, depth)
    else if (take(STRING) || take(NUMBER) || take(WORD)) found[path] = token
    else failed = 1
}

function members(path, depth,    key) {
    skip()
    if (take("^}")) return
    do {
        skip()
        if (!take(STRING)) { failed = 1; return }
        key = substr(token, 2, length(token) - 2)
        # A slash in a name must not look like a path.
        gsub(/\//, "\\/", key)
        skip()
        if (!take("^:")) { failed = 1; return }
        value(path "/" key, depth + 1)
        skip()
    } while (!failed && take("^,"))
    if (!failed && !take("^}")) failed = 1
}

function elements(path, depth) {
    skip()
    if (take("^\\]")) return
    do {
        value(path "/#", depth + 1)
        skip()
    } while (!failed && take("^,"))
    if (!failed && !take("^\\]")) failed = 1
}
