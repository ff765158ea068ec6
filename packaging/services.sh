# shellcheck shell=bash
# The services that live tests speak to, private to one test run: a sound server with a virtual
# microphone and loudspeaker, a D-Bus session and speech-dispatcher. Sourced by test.sh after
# setup.sh. Nothing outside one temporary folder is touched, and stop_services ends it all; only the
# container engine, where none is running, uses its usual place, and keeps the sandbox's image there.

# How long a service may take to answer, in tenths of a second.
readonly SERVICE_PATIENCE=100

# The image that the sandbox's tests run in.
readonly SANDBOX_IMAGE=fame-sandbox:1

# The programs that try the REST API out.
readonly SCHEMATHESIS_VERSION=4.32.5 CLIENT_MAKER_VERSION=0.29.1

services=()
services_folder=

# wait_for WHAT COMMAND...: until the command succeeds.
wait_for() {
    local what=$1 tenth
    shift
    for ((tenth = 0; tenth < SERVICE_PATIENCE; tenth++)); do
        if "$@" >/dev/null 2>&1; then
            return 0
        fi
        sleep 0.1
    done
    say "error: $what does not answer; its log:"
    tail -n 20 "$services_folder"/*.log >&2 || true
    return 1
}

# start_service NAME COMMAND...: in the background, with a log of its own.
start_service() {
    local name=$1
    shift
    "$@" </dev/null >"$services_folder/$name.log" 2>&1 &
    services+=("$!")
}

# Homes of our own, so that nobody's settings change what the tests see.
private_folders() {
    services_folder=$(mktemp -d "${TMPDIR:-/tmp}/fame-test.XXXXXX")
    chmod 700 "$services_folder"
    mkdir -m 700 "$services_folder"/{runtime,config,data,state,cache}
    export XDG_RUNTIME_DIR=$services_folder/runtime
    export XDG_CONFIG_HOME=$services_folder/config
    export XDG_DATA_HOME=$services_folder/data
    export XDG_STATE_HOME=$services_folder/state
    export XDG_CACHE_HOME=$services_folder/cache
    unset DISPLAY WAYLAND_DISPLAY PULSE_SERVER PULSE_SINK PULSE_SOURCE PIPEWIRE_REMOTE ALSA_CONFIG_PATH
}

start_session_bus() {
    local socket=$XDG_RUNTIME_DIR/bus
    start_service dbus dbus-daemon --session --nofork --nopidfile --address="unix:path=$socket"
    export DBUS_SESSION_BUS_ADDRESS=unix:path=$socket
    wait_for "the D-Bus session" test -S "$socket"
}

# Two null sinks: what is played into `mic_in` comes out of the microphone, and what FAME says can
# be recorded from `speaker.monitor`.
start_sound_server() {
    mkdir -p "$XDG_CONFIG_HOME/pulse"
    # A client that comes too early must not start a server of its own.
    echo 'autospawn = no' >"$XDG_CONFIG_HOME/pulse/client.conf"
    start_service pulseaudio pulseaudio -n --daemonize=no --exit-idle-time=-1 --disable-shm=true \
        --use-pid-file=no \
        -L module-native-protocol-unix \
        -L "module-null-sink sink_name=mic_in rate=48000" \
        -L "module-null-sink sink_name=speaker rate=48000"
    wait_for "the sound server" pactl info &&
        pactl set-default-sink speaker &&
        pactl set-default-source mic_in.monitor
}

# The distribution's configuration, but through the sound server above.
start_speech_dispatcher() {
    local config=$XDG_CONFIG_HOME/speech-dispatcher socket=$XDG_RUNTIME_DIR/speech-dispatcher/speechd.sock
    mkdir -p "$config" "${socket%/*}"
    cp -R /etc/speech-dispatcher/. "$config"
    printf '\n%s\n' 'AudioOutputMethod "pulse"' 'DefaultModule espeak-ng' >>"$config/speechd.conf"
    start_service speech-dispatcher speech-dispatcher --run-single --timeout 0 \
        --communication-method unix_socket --socket-path "$socket" \
        --config-dir "$config" --log-dir "$services_folder" \
        --pid-file "$XDG_RUNTIME_DIR/speech-dispatcher.pid"
    export SPEECHD_ADDRESS=unix_socket:$socket
    wait_for speech-dispatcher test -S "$socket"
}

# An engine with the sandbox's image. Where none can be had, the tests that need one say so and are
# skipped; where it is there, they may not be.
start_engine() {
    if ! docker info >/dev/null 2>&1; then
        if [ "$(id -u)" -ne 0 ] || ! command -v dockerd >/dev/null; then
            say "skipped: tests with a container engine; start one, or run this as root"
            return 0
        fi
        start_service dockerd dockerd
        if ! wait_for "the container engine" docker info; then
            say "skipped: tests with a container engine, which does not start here"
            return 0
        fi
    fi
    if ! docker image inspect "$SANDBOX_IMAGE" >/dev/null 2>&1 &&
        ! packaging/sandbox/build.sh "$SANDBOX_IMAGE" >"$services_folder/image.log" 2>&1; then
        tail -n 5 "$services_folder/image.log" >&2
        say "skipped: tests with a container engine, as its image cannot be built here"
        return 0
    fi
    export FAME_TEST_ENGINE=1
}

# Programs from PyPI that take the REST API at its word, kept between runs: one tries out what its
# description says, one makes a client from it.
find_api_tools() {
    local folder=target/api-tools-$SCHEMATHESIS_VERSION-$CLIENT_MAKER_VERSION
    if [ ! -x "$folder/bin/openapi-python-client" ] &&
        ! { python3 -m venv "$folder" &&
            "$folder/bin/pip" install --quiet "schemathesis==$SCHEMATHESIS_VERSION" \
                "openapi-python-client==$CLIENT_MAKER_VERSION"; } \
            >"$services_folder/api-tools.log" 2>&1; then
        rm -rf "$folder"
        say "skipped: the REST API against its description, as the programs for it cannot be installed here"
        return 0
    fi
    export FAME_TEST_API_TOOLS=$PWD/$folder/bin
}

# Starts them all and tells the tests so.
start_services() {
    private_folders
    trap stop_services EXIT
    start_session_bus && start_sound_server && start_speech_dispatcher || return 1
    export FAME_TEST_AUDIO=1
    start_engine
    find_api_tools
}

# Ends what was started, the last one first, and removes its folder.
stop_services() {
    local i
    for ((i = ${#services[@]} - 1; i >= 0; i--)); do
        kill "${services[i]}" 2>/dev/null || true
    done
    wait || true
    rm -rf "$services_folder"
}
