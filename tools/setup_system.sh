#!/usr/bin/env bash
# Install what the tests need from the distribution and what is missing of it.
# At once when nothing is; never skips: what it may not install stops `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."

has_postgres() {
    command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}

missing=()
command -v redis-server >/dev/null || missing+=(redis-server)
has_postgres || missing+=(postgresql)
command -v turnserver >/dev/null || missing+=(coturn)
command -v strace >/dev/null || missing+=(strace)  # counts syncs before acks (chaos)
command -v chromium >/dev/null || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
command -v nginx >/dev/null || missing+=(nginx-light)
command -v promtool >/dev/null || missing+=(prometheus)  # checks the alert rules
command -v openssl >/dev/null || missing+=(openssl)  # a certificate to test TLS with

if [ ${#missing[@]} -gt 0 ]; then
    tools/apt_install.sh "${missing[@]}"
fi
