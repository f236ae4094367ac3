#!/usr/bin/env bash
# All tests from nothing: environment, lint, types, import rules, tests on SQLite and PostgreSQL, pages in Chromium.
# As root on Debian it installs and starts what is missing; elsewhere it says what it could not run.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || echo "python3 -m uv")
export UV_PYTHON=${UV_PYTHON:->=3.11}
root() { [ "$(id -u)" = 0 ]; }
debian() { root && command -v apt-get >/dev/null; }

install() {
    debian || return 1
    [ -n "${apt_updated:-}" ] || { apt-get update -qq && apt_updated=1; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

start_postgresql() {
    command -v pg_ctlcluster >/dev/null || install postgresql || return 1
    local version port
    read -r version _ port _ < <(pg_lsclusters -h | head -n 1) || return 1
    pg_lsclusters -h | grep -q online || { root && pg_ctlcluster "$version" main start; } || return 1
    root || return 1
    su postgres -c "psql -qtA -p $port" <<'SQL' || return 1
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'siaga_test') THEN
        CREATE ROLE siaga_test LOGIN CREATEDB PASSWORD 'siaga_test';
    END IF;
END $$;
SELECT 'CREATE DATABASE siaga_test OWNER siaga_test' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'siaga_test') \gexec
SQL
    export SIAGA_TEST_POSTGRES="postgresql://siaga_test:siaga_test@127.0.0.1:$port/siaga_test"
}

[ -n "${SIAGA_TEST_POSTGRES:-}" ] || start_postgresql || echo "PostgreSQL is not to be had here: its tests are skipped"
command -v chromium >/dev/null || install chromium || echo "Chromium is not to be had here: its tests are skipped"

$uv sync --quiet --frozen --group dev
run() { $uv run --frozen --group dev "$@"; }
run ruff check .
run ruff format --check .
run mypy
run lint-imports
if [ $# -gt 0 ]; then
    run pytest "$@"
    exit
fi
# What needs no whole machine runs side by side, a file on one worker; then the real processes have it to themselves.
run pytest --numprocesses 2 --dist loadfile tests --ignore=tests/e2e --ignore=tests/chaos --ignore=tests/learning
run pytest tests/e2e --ignore=tests/e2e/test_crash.py
# These mostly wait for leases to run out.
run pytest --numprocesses 2 --dist loadfile tests/e2e/test_crash.py tests/chaos
