#!/usr/bin/env bash
# Sets up and checks everything: format, lints, licences and all tests.
# packaging/test.sh [ARGUMENT...], arguments going to the test runner (a test's name, say).
#
# Tests of real sound run against services of their own, see services.sh. The recordings of people
# in ../shared are used where they are, and tests say so where they are not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=packaging/setup.sh
source packaging/setup.sh
# shellcheck source=packaging/services.sh
source packaging/services.sh

readonly DENY_VERSION=0.20.2
# How long the advisory database may take to come, in seconds.
readonly ADVISORIES_PATIENCE=60

step() { say "==> $*"; }

check_dependencies() {
    if ! cargo deny --version >/dev/null 2>&1; then
        say "installing cargo-deny $DENY_VERSION; this happens once and takes some minutes"
        cargo install cargo-deny --locked --version "$DENY_VERSION" >&2
    fi
    cargo deny --locked check bans licenses sources
    if timeout "$ADVISORIES_PATIENCE" cargo deny fetch db >/dev/null 2>&1; then
        cargo deny --locked check --disable-fetch advisories
    else
        say "skipped: security advisories, whose database cannot be fetched from here"
    fi
}

run_tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --workspace --locked --no-fail-fast "$@"
    else
        cargo test --workspace --locked --no-fail-fast --lib --bins --tests -- "$@"
    fi
}

setup_build
setup_tests

step format
cargo fmt --all --check
step lints
cargo clippy --workspace --all-targets --locked -- -D warnings
step dependencies
check_dependencies
step services
start_services || die "the services for live tests did not start" "see their logs above"
step "documentation's examples"
cargo test --workspace --locked --doc
step tests
run_tests "$@"
