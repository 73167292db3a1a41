#!/bin/sh
# Make .venv hold exactly what requirements.lock names, and the project itself in editable form.
#
# Does nothing when that is already so. A stamp, written last, says for which lock, pyproject.toml
# and folder it is so; an environment without its mark was interrupted, moved or made by hand and
# is made anew (what was downloaded is kept in the installer's cache, so that goes on where it was).
#
# PYTHON=/path/to/python3 chooses the interpreter of a new environment (make clean first to change
# it). Everything that tools print goes to the log.
set -eu

cd "$(dirname "$0")/.."
root=$(pwd -P)
venv=.venv
log=$venv/install.log
mark=$venv/.complete-for
oldest=3.11

say() { printf '%s\n' "$*"; }

fail() {
    printf 'make install: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

# step WHAT COMMAND...: say what is done, do it with all output in the log, stop with its tail.
step() {
    say "install: $1"
    printf '\n== %s\n' "$1" >>"$log"
    shift
    "$@" >>"$log" 2>&1 </dev/null && return
    printf '\n' >&2
    tail -n 20 "$log" >&2
    fail "the step above failed; its last lines stand here, all of it in $log" \
        "On a time-out run the same command again: it goes on with what it has."
}

stamp_name() {
    { say "$root"; cat requirements.lock pyproject.toml; } | cksum | tr ' ' '-'
}

is_current() { [ -f "$stamp" ] && [ -x "$venv/bin/python" ]; }

# Complete, not moved, its interpreter still there, and a way to install into it: an environment
# that a uv on PATH made has no pip, which matters when that uv is gone.
is_usable() {
    [ "$(cat "$mark" 2>/dev/null)" = "$root" ] && "$venv/bin/python" -c '' 2>/dev/null &&
        { command -v uv || [ -x "$venv/bin/uv" ] || "$venv/bin/python" -c 'import pip'; } >/dev/null 2>&1
}

# Set `python` to the first interpreter that is new enough, `version` to its version.
find_python() {
    seen=
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12 python3.13 python3.14; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        facts=$("$candidate" -c 'import sys
print("%d.%d.%d" % sys.version_info[:3], int(sys.version_info >= (3, 11)), sys.executable)' \
            2>/dev/null </dev/null) || facts="which-does-not-run 0"
        version=${facts%% *}
        facts=${facts#* }
        if [ "${facts%% *}" = 1 ]; then
            python=${facts#* }
            return
        fi
        seen="$seen${seen:+, }$candidate ($version)"
    done
    fail "no Python $oldest or newer was found" \
        "seen:     ${seen:-no python3 on PATH}" \
        "expected: $oldest or newer, as python3 or python3.11 to python3.14 on PATH" \
        "remedy:   install one (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python)," \
        "          or name one: make install PYTHON=/path/to/python3"
}

start_environment() {
    find_python
    if [ -e "$venv" ]; then
        say "install: $venv is unfinished, moved or not usable; starting it anew"
        rm -rf "$venv"
    fi
    mkdir -p "$venv"
    if command -v uv >/dev/null 2>&1; then
        step "creating $venv with Python $version" \
            uv venv --allow-existing --python "$python" "$venv"
        return
    fi
    "$python" -c 'import ensurepip, venv' 2>/dev/null </dev/null || fail \
        "Python $version ($python) cannot make virtual environments: its module ensurepip is missing" \
        "remedy: install it (Debian, Ubuntu: apt-get install python${version%.*}-venv, or python3-venv)," \
        "        or put uv on PATH, or name another one: make install PYTHON=/path/to/python3"
    step "creating $venv with Python $version" "$python" -m venv "$venv"
}

# Set `uv` to the installer: that on PATH, else one of our own inside the environment.
find_uv() {
    uv=$(command -v uv) && return
    uv=$venv/bin/uv
    [ -x "$uv" ] || step "fetching the installer (uv) into $venv" "$venv/bin/python" -m pip install \
        --disable-pip-version-check --timeout 120 --retries 10 'uv>=0.9,<1'
    # uv does not read pip's settings. This one came by pip, so let it ask where pip asks.
    index=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$("$venv/bin/python" -m pip config get global.index-url 2>/dev/null || :)}}
    [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
    [ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"
}

stamp=$venv/.installed-$(stamp_name)
! is_current || exit 0

# Two at a time would delete each other's work. Where there is no flock, that is left to the user.
if command -v flock >/dev/null 2>&1; then
    exec 9<scripts/install.sh
    flock -n 9 || { say "install: waiting for another installation in this folder"; flock 9; }
    ! is_current || exit 0
fi

# A slow line needs patience, not a second attempt by hand.
export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-300}" UV_HTTP_RETRIES="${UV_HTTP_RETRIES:-10}"
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 UV_COMPILE_BYTECODE_TIMEOUT=600

rm -f "$venv"/.installed-*
is_usable || start_environment
rm -f "$mark"
find_uv
# Byte code is compiled here, not by the first start.
step "installing the packages of requirements.lock (a few minutes the first time)" \
    "$uv" pip sync --python "$venv/bin/python" --compile-bytecode requirements.lock
step "installing hugang itself" \
    "$uv" pip install --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
say "$root" >"$mark"
: >"$stamp"
say "install: done"
