#!/bin/sh
# Make .venv: a virtual environment with every member of the workspace and every tool, as uv.lock says.
# Needs Python 3.11 or newer and nothing else; run it through `make setup`, which skips it when nothing changed.
set -eu

uv_version=$1
venv=.venv

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

usable() { # is $1 a Python that we support?
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    candidates=${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}
    for candidate in $candidates; do
        if usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "found no Python 3.11 or newer (tried: $candidates)." \
        "Install one, or name it: make setup PYTHON=/path/to/python3"
}

# An environment whose Python went away, or whose creation was cut short, is made anew.
if ! usable "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
        fail "$python cannot make virtual environments: its modules venv and ensurepip are missing." \
            "On Debian and Ubuntu: apt-get install python3-venv"
    echo "setup: making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
fi

if [ "$("$venv/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" != "$uv_version" ]; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$uv_version" ||
        fail "pip could not install uv $uv_version; the lines above say why."
fi

# An active environment of another project must not be taken for ours.
unset VIRTUAL_ENV CONDA_PREFIX
UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=$venv \
    "$venv/bin/uv" sync --quiet --all-packages --all-extras --all-groups --frozen --python "$venv/bin/python" ||
    fail "uv could not install what uv.lock lists; the lines above say why."

[ -x "$venv/bin/livechat" ] || fail "$venv/bin/livechat is missing although the workspace is installed."
echo "setup: $venv is ready"
