#!/bin/sh
# Throws at a running API what its document says may come, and what it says may not.
#   schemathesis.sh http://127.0.0.1:8000 EXAMPLES      with a key of scope admin in FAME_KEY
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# It keeps what it found beside where it runs.
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
SCHEMATHESIS_HOOKS=schemathesis_hooks PYTHONPATH="$here" "${SCHEMATHESIS:-schemathesis}" \
    --config-file "$here/schemathesis.toml" \
    run "$1/openapi.json" --header "Authorization: Bearer $FAME_KEY" \
    --max-examples "${2:-50}" --phases examples,coverage,fuzzing \
    --request-timeout 20 --generation-deterministic
