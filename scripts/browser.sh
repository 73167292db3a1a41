#!/bin/sh
# See to it that the browser tests find Chromium and a Chinese font. Never fails: without a browser
# those tests are skipped, and this says so loudly.
set -u

# Chromium without a window: the same engine, at a quarter of the processor time for each page.
shell=chromium-headless-shell

found_browser() {
    for name in "$@"; do
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

found_any() { found_browser "$shell" chromium chromium-browser google-chrome; }

if may_install; then
    found_font || install_packages fonts-noto-cjk
    # Not every system has the shell: it is asked for where nothing is there, or where it is known.
    if ! found_browser "$shell"; then
        if ! found_any || apt-cache show "$shell" >/dev/null 2>&1; then install_packages "$shell"; fi
        found_any || install_packages chromium
    fi
fi

if ! found_any; then
    cat >&2 <<'NOTICE'

  ************************************************************************
  **  NO CHROMIUM: the browser tests will be SKIPPED.                   **
  **                                                                    **
  **  Debian:  sudo apt-get install chromium-headless-shell \           **
  **           fonts-noto-cjk                                           **
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
