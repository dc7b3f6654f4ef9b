#!/usr/bin/env bash
# Ask the public advisory database whether a locked version has a known vulnerability.
# Needs the network. Strict: a package the database cannot answer for is a failure, never a pass.
# pip-audit is not among the locked dependencies, because nothing else here needs its thirty; it is
# kept under build/, away from what it audits.
set -euo pipefail
cd "$(dirname "$0")/.."
home=build/pip-audit

if [ ! -x $home/bin/pip-audit ]; then
    .venv/bin/python -m venv $home
    $home/bin/python -m pip --disable-pip-version-check -qq install 'pip-audit>=2.10,<3'
fi
exec $home/bin/pip-audit --strict --require-hashes --disable-pip \
    --requirement requirements-dev.lock --progress-spinner off
