#!/usr/bin/env bash
# Make .venv, or bring it up to a lock file:  tools/setup_venv.sh LOCK
# PYTHON names the interpreter (python3).
set -euo pipefail
cd "$(dirname "$0")/.."
lock=$1
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    found=$("$python" --version 2>/dev/null) || found=missing
    echo "Samtale needs Python 3.11 or newer; $python is ${found%%$'\n'*}." \
        "Name another with: make PYTHON=python3.12 …" >&2
    exit 1
fi

if .venv/bin/python -c 'import pip' 2>/dev/null; then
    echo "Bringing .venv up to $lock …"
else
    "$python" -c 'import ensurepip' 2>/dev/null || tools/apt_install.sh python3-venv
    echo "Setting up (first time, about a minute) …"
    "$python" -m venv --clear .venv
fi

pip=(.venv/bin/python -m pip --disable-pip-version-check --no-input -qq install)
"${pip[@]}" --require-hashes --requirement "$lock"
# The lock holds the build's own needs too, so nothing is fetched here.
"${pip[@]}" --no-deps --no-build-isolation --editable .
