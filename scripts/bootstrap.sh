#!/bin/sh
# Makes .venv from the lock: `sh scripts/bootstrap.sh run` or `dev` (a superset, for tests and checks).
# Does nothing when it is up to date. What was interrupted is repeated: the stamp is written last.
set -eu

wanted=$1
# An environment that has the developers' tools keeps them.
if [ -e .venv/bin/pytest ]; then wanted=dev; fi
lock=requirements/$wanted.txt
stamp=.venv/.lectern-lock
state="$wanted $(cksum < "$lock")"

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if new_enough .venv/bin/python && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$state" ]; then
    exit 0
fi

find_python() {
    found=
    for candidate in python3.13 python3.12 python3.11 python3; do
        if new_enough "$candidate"; then
            found=$candidate
            if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then return; fi
        fi
    done
    if [ -n "$found" ]; then
        echo "$found has no venv module. Install it (on Debian and Ubuntu: apt install $found-venv) and try again." >&2
    else
        echo "Lectern needs Python 3.11 or newer; this machine has $(python3 -V 2>/dev/null || echo none)." >&2
    fi
    exit 1
}

rm -f "$stamp"
if ! new_enough .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    find_python
    echo "Making .venv with $("$found" -V) …"
    "$found" -m venv --clear .venv
fi

count=$(grep -c '==' "$lock")
echo "Installing up to $count packages into .venv, about 0.6 GB: a minute or two the first time …"
unfinished() {
    echo "The installation did not finish; the lines above say why. The same command tries again." >&2
    exit 1
}
.venv/bin/python -m pip install --quiet --disable-pip-version-check 'uv==0.13.9' || unfinished
# uv does not read pip's configuration: an index that is named there is named to it.
index=$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)
if [ -n "${PIP_INDEX_URL:-$index}" ]; then
    UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$index}}
    export UV_DEFAULT_INDEX
fi
# Compiled here once, in 7 s: else the first start compiles it, and where Python may not write bytecode every start does.
UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-180} \
    .venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode "$lock" || unfinished
echo "$state" > "$stamp"
