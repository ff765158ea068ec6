#!/bin/sh
# Keeps notes: a plugin for FAME in POSIX shell, with awk for the JSON.
#
# The Model Context Protocol is one JSON object a line on stdin, and one on stdout for each request.
# `json.awk` checks a line and takes out of it the values that are needed, still as JSON. A note is
# kept in that form too, a line each, so no text is ever unescaped, and none can break out of the
# answer that it is put into.
set -u

here=$(dirname "$0")
# FAME gives each plugin a home of its own.
notes="$HOME/notes.jsonl"
most_notes=100

# result ID JSON: answers a request.
result() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$1" "$2"; }

# refuse ID CODE REASON: turns one down.
refuse() { printf '{"jsonrpc":"2.0","id":%s,"error":{"code":%s,"message":"%s"}}\n' "$1" "$2" "$3"; }

# say ID JSON_STRING [IS_ERROR]: answers a call.
say() { result "$1" "{\"content\":[{\"type\":\"text\",\"text\":$2}],\"isError\":${3:-false}}"; }

count() { if [ -f "$notes" ]; then wc -l <"$notes" | tr -d ' '; else echo 0; fi; }

# add ID TEXT
add() {
    case $2 in
    \"?*\") ;;
    *)
        say "$1" '"What shall I write down?"' true
        return
        ;;
    esac
    if [ "$(count)" -ge "$most_notes" ]; then
        say "$1" "\"There are $most_notes notes already. Delete some first.\"" true
    elif printf '%s\n' "$2" >>"$notes"; then
        say "$1" '"I wrote it down."'
    else
        say "$1" '"I could not write it down."' true
    fi
}

# list ID: the notes as one string, its lines joined by an escaped line break.
list() {
    if [ "$(count)" -eq 0 ]; then
        say "$1" '"There are no notes."'
    else
        say "$1" "\"$(awk '{ printf "%s%s", (NR > 1 ? "\\n" : ""), substr($0, 2, length($0) - 2) }' "$notes")\""
    fi
}

# clear ID
clear() {
    if rm -f "$notes"; then
        say "$1" '"All notes are deleted."'
    else
        say "$1" '"I could not delete them."' true
    fi
}

tools='{"tools":[
{"name":"add","description":"Writes a note down.","inputSchema":{"type":"object","properties":{"text":{"type":"string","minLength":1}},"required":["text"]},"annotations":{"destructiveHint":false}},
{"name":"list","description":"Reads all notes.","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},
{"name":"clear","description":"Deletes all notes for good.","inputSchema":{"type":"object"},"annotations":{"destructiveHint":true}}]}'
tools=$(printf '%s' "$tools" | tr -d '\n')
welcome='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"notes","version":"1.0.0"}}'

while IFS= read -r line; do
    # Four lines: id, method, name of the tool, text. Empty where there is none.
    fields=$(printf '%s\n' "$line" | awk -f "$here/json.awk") || continue
    {
        IFS= read -r id
        IFS= read -r method
        IFS= read -r tool
        IFS= read -r text
    } <<EOF
$fields
EOF
    [ -n "$id" ] || continue # a notification wants no answer
    case $method in
    '"initialize"') result "$id" "$welcome" ;;
    '"ping"') result "$id" '{}' ;;
    '"tools/list"') result "$id" "$tools" ;;
    '"tools/call"')
        case $tool in
        '"add"') add "$id" "$text" ;;
        '"list"') list "$id" ;;
        '"clear"') clear "$id" ;;
        *) refuse "$id" -32602 'there is no such tool' ;;
        esac
        ;;
    *) refuse "$id" -32601 'there is no such method' ;;
    esac
done
