#!/usr/bin/env bash
# Forgets everything that is not in git: asks first, since var/ holds the record.
set -euo pipefail
if [ -d var ] && [ "${YES:-}" != 1 ]; then
    read -r -p "var/ holds this machine's contests and submissions. Forget them too? [y/N] " answer
    [ "$answer" = y ] || { echo "Kept var/."; rm -rf .venv .state build ./*.egg-info; exit 0; }
fi
rm -rf .venv .state build var ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
