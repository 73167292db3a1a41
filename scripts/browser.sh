#!/bin/sh
# See to it that the browser tests find Chromium and a Chinese font. Never fails: without a browser
# those tests are skipped, and this says so loudly.
set -u

found_browser() {
    for name in chromium chromium-browser google-chrome; do
        # Some systems have a stub by this name that only says what to install: ask it.
        "$name" --version >/dev/null 2>&1 </dev/null && return 0
    done
    return 1
}

found_font() {
    if command -v fc-list >/dev/null 2>&1; then
        [ -n "$(fc-list :lang=zh family 2>/dev/null)" ]
    else
        [ "$(uname -s)" = Darwin ]
    fi
}

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5 \
        -o Acquire::http::Timeout=120 "$@" </dev/null >>"$log" 2>&1
}

install_packages() {
    log=$(mktemp)
    echo "browser: installing $* with apt-get (some minutes the first time; log in $log)"
    # The package lists may be missing or too old: fetch them only then.
    if apt install -y --no-install-recommends "$@" ||
        { apt update && apt install -y --no-install-recommends "$@"; }; then
        rm -f "$log"
    else
        tail -n 10 "$log" >&2
        echo "browser: apt-get could not install $*; all it said is in $log" >&2
    fi
}

wanted=
found_browser || wanted="chromium"
found_font || wanted="$wanted${wanted:+ }fonts-noto-cjk"
[ -n "$wanted" ] || exit 0

# shellcheck disable=SC2086  # two package names, to be split
if may_install; then install_packages $wanted; fi

if ! found_browser; then
    cat >&2 <<'NOTICE'

  ************************************************************************
  **  NO CHROMIUM: the browser tests will be SKIPPED.                   **
  **                                                                    **
  **  Debian:  sudo apt-get install chromium fonts-noto-cjk             **
  **  Fedora:  sudo dnf install chromium google-noto-sans-cjk-fonts     **
  **  other:   install Chromium or Google Chrome so that chromium,      **
  **           chromium-browser or google-chrome is on PATH             **
  **                                                                    **
  **  then run:  make test                                              **
  ************************************************************************

NOTICE
elif ! found_font; then
    echo "browser: no Chinese font was found; screenshots will show boxes (Debian: fonts-noto-cjk)" >&2
fi
exit 0
