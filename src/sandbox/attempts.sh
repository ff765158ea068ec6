# What a program in the sandbox must not be able to do or to be. Each success is a line on stdout,
# and so is the end. Runs as a program of the profile `shell`, once for each tier, image and engine.

# tries WHAT COMMAND...: a line if the command succeeds.
tries() {
    what=$1
    shift
    if "$@" >/dev/null 2>&1; then
        printf '%s\n' "$what"
    fi
}

# is LINE: a line that is wrong.
is() { printf 'is: %s\n' "$*"; }

while read -r name value rest; do
    case $name in
        Uid: | Gid:) [ "$value $rest" = "65534 65534	65534	65534" ] || is "$name $value $rest" ;;
        CapInh: | CapPrm: | CapEff: | CapBnd: | CapAmb:)
            [ "$value" = 0000000000000000 ] || is "$name $value" ;;
        NoNewPrivs:) [ "$value" = 1 ] || is "$name $value" ;;
        Seccomp:) [ "$value" = 2 ] || is "$name $value" ;;
    esac
done </proc/self/status
while read -r name rest; do
    case $name in
        lo:*) ;;
        *:*) is "interface $name" ;;
    esac
done </proc/net/dev

for folder in / /usr /usr/bin /etc /var /var/tmp /run /run/fame /dev /proc /sys; do
    tries "write to $folder" mkdir "$folder/fame-attempt"
done
for file in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/vm/panic_on_oom; do
    tries "change $file" sh -c "echo >$file"
done
tries "read kernel memory" head -c 1 /proc/kcore
tries "see the engine's socket" ls /var/run/docker.sock
for kind in --user --net --mount --pid --ipc --uts; do
    tries "make a namespace with $kind" unshare "$kind" true
done
tries "mount" mount -t tmpfs none /tmp
tries "change the root" chroot / true
tries "become another user" setpriv --reuid 0 true
tries "make a device" mknod /tmp/null c 1 3
tries "raise the number of open files" sh -c 'ulimit -H -n 4096'
printf '#!/bin/sh\n' >/tmp/attempt && chmod 755 /tmp/attempt
tries "run a file it wrote" /tmp/attempt
tries "fill the disk" sh -c 'head -c 200000000 /dev/zero >/sandbox/out/large'
rm -f /sandbox/out/large /tmp/attempt
echo tried all
