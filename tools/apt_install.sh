#!/usr/bin/env bash
# Install packages of the distribution, without starting the services among them:
#   tools/apt_install.sh PACKAGE...
# Exits non-zero with one line that says what to type where it may not install them itself.
set -euo pipefail

refuse() {
    echo "Missing, and $1. Please install: sudo apt-get install ${packages[*]}" >&2
    exit 1
}

packages=("$@")
command -v apt-get >/dev/null || refuse "this system has no apt-get"
if [ "$(id -u)" -eq 0 ]; then
    as_root=(env)
elif sudo -n true 2>/dev/null; then
    as_root=(sudo -n env)
else
    refuse "only root may install them"
fi
as_root+=(DEBIAN_FRONTEND=noninteractive)
apt=("${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)

# Tests start their own servers on free ports; the distribution's must not start beside them.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi

echo "Installing ${packages[*]} (about a minute) …"
log=$(mktemp)
if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends --yes "${packages[@]}"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    refuse "apt-get could not install them (see $log)"
fi
rm -f "$log"
