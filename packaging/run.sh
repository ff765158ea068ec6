#!/usr/bin/env bash
# Sets up, builds and runs FAME: packaging/run.sh [--headless] [ARGUMENT...]
#
# With a microphone the daemon runs in the foreground and shows what it hears and answers; without
# one, or with --headless, the same pipeline runs on the repository's own sound files. Further
# arguments go to the program. Nothing but packages is downloaded.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=packaging/setup.sh
source packaging/setup.sh

readonly DEMO=tests/fixtures/audio/demo

usage() {
    sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

headless=no
case ${1:-} in
--headless)
    headless=yes
    shift
    ;;
-h | --help)
    usage
    exit 0
    ;;
esac

setup_build
say "building; the first time this takes some minutes"
cargo build --release --bins --locked
famed=${CARGO_TARGET_DIR:-target}/release/famed

if [ "$headless" = no ] && ! reason=$("$famed" check-microphone 2>&1); then
    reason=${reason##*$'\n'}
    say "running the headless demo, as there is no microphone to listen to: ${reason#error: }"
    headless=yes
fi

if [ "$headless" = yes ]; then
    exec "$famed" headless "$@" "$DEMO"/*.flac
else
    exec "$famed" "$@"
fi
