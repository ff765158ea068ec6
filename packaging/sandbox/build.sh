#!/usr/bin/env bash
# Builds the sandbox's image from Debian packages alone, without a registry: debootstrap makes a
# small Debian, what no program needs is taken out, and the engine imports it.
# packaging/sandbox/build.sh [TAG]   (default: fame-sandbox:1; FAME_SANDBOX_RUST=1 adds a compiler)
#
# Needs root, debootstrap and a running engine (docker or podman). FAME_DEBIAN_MIRROR names another
# mirror than debootstrap's own. The same packages give the same files: times, caches and machine
# ids are set or removed; the image's id tells when it was imported, too.
# With a registry at hand, `docker build packaging/sandbox` makes an image of the same contents.
set -euo pipefail

readonly TAG=${1:-fame-sandbox:1}
readonly SUITE=bookworm
readonly MIRROR=${FAME_DEBIAN_MIRROR:-}
# python3-minimal has no ctypes, json and the like; the rest of the library comes beside it.
packages=python3-minimal,libpython3-stdlib,nodejs
# What `fame sandbox` looks for in the image's labels: the profiles it can run.
profiles=python,shell,javascript
# A compiler makes the image five times as large, so it is left to those who want it.
if [ "${FAME_SANDBOX_RUST:-0}" = 1 ]; then
    packages+=,rustc,gcc,libc6-dev
    profiles+=,rust
fi
readonly packages profiles
# The times of all files: the release of Debian 12, in seconds since 1970.
export SOURCE_DATE_EPOCH=1686355200

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $1"
    [ $# -lt 2 ] || say "hint: $2"
    exit 1
}

find_engine() {
    local candidate
    for candidate in docker podman; do
        if command -v "$candidate" >/dev/null && "$candidate" info >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    die "no container engine answers" "start one, for example: apt-get install docker.io && dockerd"
}

# slim ROOT: nothing that a program would use is touched, and every setuid bit goes.
slim() {
    local root=$1
    rm -rf "$root"/usr/share/{doc,man,info,locale,i18n,lintian,bug} \
        "$root"/var/{cache,log,lib/apt/lists,lib/dpkg/info,tmp,backups} \
        "$root"/{boot,home,media,mnt,opt,srv,root,tmp,run} \
        "$root"/etc/{machine-id,resolv.conf,hostname,cron*,systemd,shadow*,gshadow*}
    rm -rf "$root"/usr/lib/{systemd,udev} "$root"/usr/include
    find "$root" -xdev -name __pycache__ -type d -prune -exec rm -rf {} +
    find "$root" -xdev -type f -perm /6000 -exec chmod ug-s {} +
    mkdir -m 755 "$root"/{run,var/tmp}
    # An engine gives a tmpfs the mode of the folder that it covers.
    mkdir -m 1777 "$root"/{sandbox,tmp}
}

main() {
    [ "$(id -u)" -eq 0 ] || die "this needs root" "run it again with sudo"
    command -v debootstrap >/dev/null || die "debootstrap is missing" "apt-get install debootstrap"
    local engine root
    engine=$(find_engine)
    root=$(mktemp -d "${TMPDIR:-/tmp}/fame-sandbox.XXXXXX")
    # shellcheck disable=SC2064  # the folder of now
    trap "rm -rf --one-file-system '$root'" EXIT
    say "making a small Debian; this takes a few minutes"
    debootstrap --variant=minbase --include="$packages" "$SUITE" "$root/debian" ${MIRROR:+"$MIRROR"} >&2
    slim "$root/debian"
    say "importing it as $TAG"
    tar --create --directory "$root/debian" --sort=name --mtime="@$SOURCE_DATE_EPOCH" \
        --numeric-owner --exclude=./dev/* --exclude=./proc/* --exclude=./sys/* . |
        "$engine" import \
            --change "LABEL fame.sandbox.image=1" \
            --change "LABEL fame.sandbox.profiles=$profiles" \
            --change "USER 65534:65534" \
            --change "WORKDIR /sandbox" \
            - "$TAG"
}

main
