# shellcheck shell=bash
# What building, running and testing FAME need, installed where it is missing. Sourced by run.sh
# and test.sh, which have set `-euo pipefail` and stand in the repository's root.

readonly RUST_NEEDED=1.95

# whisper.cpp is built by cmake with a C++ compiler and bound through libclang; ALSA and
# speech-dispatcher are linked.
readonly BUILD_PACKAGES=(build-essential cmake clang libclang-dev pkg-config libasound2-dev libspeechd-dev)
readonly BUILD_TOOLS=(cc c++ cmake clang pkg-config)
# The default voice.
readonly RUN_PACKAGES=(espeak-ng)
readonly RUN_TOOLS=(espeak-ng)
# A virtual microphone and loudspeaker, the system's voice, voices to speak to FAME with, what
# plugins in other languages are written in, and an engine for the sandbox with what its image is
# built from.
readonly TEST_PACKAGES=(pulseaudio pulseaudio-utils dbus speech-dispatcher speech-dispatcher-espeak-ng sox flite
    python3 python3-venv docker.io debootstrap chromium chromium-driver)
readonly TEST_TOOLS=(pulseaudio pactl dbus-daemon speech-dispatcher sox flite python3)

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $1"
    [ $# -lt 2 ] || say "hint: $2"
    exit 1
}

# need_rust: a compiler that is new enough.
need_rust() {
    command -v cargo >/dev/null ||
        die "cargo, Rust's build tool, is not on the PATH" "install Rust $RUST_NEEDED or newer from https://rustup.rs"
    local version
    version=$(rustc --version | cut -d' ' -f2)
    [ "$(printf '%s\n%s\n' "$RUST_NEEDED" "$version" | sort -V | head -n1)" = "$RUST_NEEDED" ] ||
        die "Rust $version is too old" "rustup update, for $RUST_NEEDED or newer"
}

# need_packages PACKAGE...: Debian's, installed through apt where missing; elsewhere a list.
need_packages() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        return 0
    fi
    local package missing=()
    for package in "$@"; do
        if [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            missing+=("$package")
        fi
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "these packages are missing: ${missing[*]}" "as root: apt-get install ${missing[*]}"
        root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${root[@]}" apt-get update --quiet=2 ||
        say "warning: the package lists could not be renewed; going on with the old ones"
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --quiet=2 --no-install-recommends "${missing[@]}" </dev/null >&2 ||
        die "apt-get could not install ${missing[*]}" "see its message above"
}

# need_tools WHAT-FOR PACKAGES TOOL...: where there is no apt, the tools must be there already.
need_tools() {
    local purpose=$1 packages=$2 tool missing=()
    shift 2
    for tool in "$@"; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [ ${#missing[@]} -eq 0 ] ||
        die "not found, but needed for $purpose: ${missing[*]}" "install your system's equivalents of Debian's $packages"
}

setup_build() {
    need_rust
    need_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
    need_tools building "${BUILD_PACKAGES[*]}" "${BUILD_TOOLS[@]}"
    # FAME speaks through another voice, or prints, where this one is not to be had.
    local tool
    for tool in "${RUN_TOOLS[@]}"; do
        command -v "$tool" >/dev/null || say "warning: $tool is missing: replies may be silent"
    done
}

setup_tests() {
    need_packages "${TEST_PACKAGES[@]}"
    need_tools testing "${TEST_PACKAGES[*]}" "${TEST_TOOLS[@]}"
}
