# The first process of a container: proves what the container is, waits for a program, runs it and
# reports. Given to `sh -c` by FAME; the image needs only sh, head, mkdir and tar for it, and python3
# for a program with a network.
#
# It writes lines about itself, then `ready`. Then it reads from stdin
#   TOKEN CODE-BYTES INPUT-BYTES FILE
#   COMPILE-COMMAND
#   COMMAND
# and so many bytes of each. When the program has ended, everything that it started is killed.
# stderr then has the token, because the engine carries each output by itself and nothing else tells
# when all of it has come. stdout has the token, exit code, processor time before and after (in
# microseconds), most memory, and kills for want of memory before and after; then an archive of what
# the program left, if it left anything.
set -fu
umask 077
kernel=/proc/self/status

if [ -r /sys/fs/cgroup/cgroup.controllers ]; then
    pids=/sys/fs/cgroup/pids.max memory=/sys/fs/cgroup/memory.max
    used=/sys/fs/cgroup/cpu.stat peak=/sys/fs/cgroup/memory.peak kills=/sys/fs/cgroup/memory.events
    per_microsecond=1
else
    pids=/sys/fs/cgroup/pids/pids.max memory=/sys/fs/cgroup/memory/memory.limit_in_bytes
    used=/sys/fs/cgroup/cpuacct/cpuacct.usage peak=/sys/fs/cgroup/memory/memory.max_usage_in_bytes
    kills=/sys/fs/cgroup/memory/memory.oom_control
    per_microsecond=1000
fi

# of FILE KEY: the number beside the key, or the only number.
of() {
    number=0
    [ -r "$1" ] || return 0
    while read -r name value; do
        case $name in
            "$2") number=$value ;;
            *[!0-9]*) ;;
            *) number=$name ;;
        esac
    done <"$1"
}

while read -r name value; do
    case $name in
        Uid: | Gid: | Groups: | CapInh: | CapPrm: | CapEff: | CapBnd: | CapAmb: | NoNewPrivs: | Seccomp:)
            printf '%s %s\n' "$name" "$value" ;;
    esac
done <"$kernel"
while read -r name value; do
    case $name in
        *:*) printf 'interface %s\n' "${name%%:*}" ;;
    esac
done </proc/net/dev
for file in "$pids" "$memory"; do
    value=unknown
    [ ! -r "$file" ] || read -r value <"$file"
    printf 'limit %s\n' "$value"
done
for folder in / /usr /etc /var /var/tmp /run /run/fame; do
    ! echo 2>/dev/null >"$folder/.fame-probe" || printf 'writable %s\n' "$folder"
done
for file in /var/run/docker.sock /run/docker.sock /run/podman/podman.sock /run/containerd/containerd.sock; do
    [ ! -e "$file" ] || printf 'socket %s\n' "$file"
done
# Behind it is the proxy of a program with a network.
door=/run/fame/proxy
[ ! -S "$door" ] || echo door
echo ready

read -r token code_bytes input_bytes file || exit 0
read -r compile || exit 0
read -r command || exit 0
mkdir -p /sandbox/code /sandbox/out
head -c "$code_bytes" >"/sandbox/code/$file"
head -c "$input_bytes" >/sandbox/input
cd /sandbox/out || exit 1
of "$used" usage_usec
used_before=$((number / per_microsecond))
of "$kills" oom_kill
kills_before=$number
# It comes back when it listens, and goes with the rest.
[ ! -S "$door" ] || /usr/bin/python3 -I -S -c "$1" </dev/null >/dev/null 2>&1 || exit 97
# The shell's own words ("Killed") are not the program's.
exec 3>&2 2>/dev/null
status=0
[ -z "$compile" ] || $compile </dev/null 2>&3 3>&- || status=$?
if [ "$status" -eq 0 ]; then
    $command </sandbox/input 2>&3 3>&-
    status=$?
fi
kill -9 -1
printf '%s' "$token" >&3
of "$used" usage_usec
used_after=$((number / per_microsecond))
of "$kills" oom_kill
kills_after=$number
of "$peak" peak
printf '%s %s %s %s %s %s %s\n' "$token" "$status" "$used_before" "$used_after" "$number" "$kills_before" "$kills_after"
# What is not as it was made is nobody's folder.
if [ -h /sandbox/out ] || [ ! -d /sandbox/out ]; then
    echo gone
    exit 0
fi
set +f
set -- /sandbox/out/* /sandbox/out/.[!.]*
for file; do
    if [ -e "$file" ] || [ -h "$file" ]; then
        exec tar --create --file=- --directory=/sandbox/out .
    fi
done
echo empty
