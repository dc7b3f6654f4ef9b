#!/usr/bin/env bash
# Make .venv, or bring it up to a lock file:  tools/setup_venv.sh LOCK
# PYTHON names the interpreter. Without it the distribution's is taken before any other on the path:
# it is built with profile-guided optimisation (docs/performance.md tells what that is worth).
set -euo pipefail
cd "$(dirname "$0")/.."
lock=$1

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
can_make_venv() { "$1" -c 'import ensurepip' 2>/dev/null; }

choose() {
    if [ -n "${PYTHON:-}" ]; then
        python=$PYTHON
    elif new_enough /usr/bin/python3 &&
        { can_make_venv /usr/bin/python3 || tools/apt_install.sh python3-venv 2>/dev/null; }; then
        python=/usr/bin/python3
    else
        python=python3
    fi
    if ! new_enough "$python"; then
        found=$("$python" --version 2>/dev/null) || found=missing
        echo "Samtale needs Python 3.11 or newer; $python is ${found%%$'\n'*}." \
            "Name another with: make PYTHON=python3.12 …" >&2
        exit 1
    fi
    can_make_venv "$python" || tools/apt_install.sh python3-venv
}

if .venv/bin/python -c 'import pip' 2>/dev/null; then
    echo "Bringing .venv up to $lock …"
else
    choose
    echo "Setting up (first time, about a minute) …"
    "$python" -m venv --clear .venv
fi

pip=(.venv/bin/python -m pip --disable-pip-version-check --no-input -qq install)
"${pip[@]}" --require-hashes --requirement "$lock"
# The lock holds the build's own needs too, so nothing is fetched here.
"${pip[@]}" --no-deps --no-build-isolation --editable .
