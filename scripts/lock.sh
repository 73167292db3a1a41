#!/bin/sh
# Resolve pyproject.toml (with the extra `dev`) into requirements.lock: names and versions, for all
# platforms, no addresses. What is locked stays as it is unless --upgrade or --upgrade-package NAME
# is given (make lock ARGS=--upgrade).
set -eu

cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .venv/bin/uv)
if [ ! -x "$uv" ]; then
    echo "make lock: uv is neither on PATH nor in .venv. Run make install without uv on PATH once, or install uv." >&2
    exit 1
fi

# Resolved from the public index (or the mirror that UV_DEFAULT_INDEX names) alone: a package that
# only lies in a local folder must not get in.
unset UV_FIND_LINKS UV_EXTRA_INDEX_URL UV_INDEX
export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-300}" UV_NO_PROGRESS=1

new=$(mktemp)
trap 'rm -f "$new"' EXIT
if [ -f requirements.lock ]; then cp requirements.lock "$new"; fi
"$uv" pip compile --quiet --no-config --universal --python-version 3.11 --extra dev \
    --no-emit-index-url --no-emit-find-links --no-header \
    "$@" --output-file "$new" pyproject.toml >/dev/null
if grep -nE '://| @ |\+' "$new" >&2; then
    echo "make lock: the lines above hold an address or a local version. requirements.lock is as it was." >&2
    exit 1
fi
cat "$new" >requirements.lock
echo "lock: requirements.lock holds $(grep -cE '^[a-z0-9]' requirements.lock) packages"
