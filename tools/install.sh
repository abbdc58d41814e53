#!/usr/bin/env bash
# Installs the locked dependencies (hashes checked) and the project itself, as links to this folder, compiled as pip compiles the rest:
# a first start is half a second sooner, and every start where PYTHONDONTWRITEBYTECODE is set.
set -euo pipefail
venv=$1 lock=$2
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
echo "palestra: installing $lock into $venv"
"$venv/bin/python" -m pip install --quiet --require-hashes -r "$lock" 2>&1 | { grep -v '^WARNING: Location' || true; }
PYTHONWARNINGS=ignore "$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable . 2>&1 | { grep -v '^WARNING: Location' || true; }
"$venv/bin/python" -c 'import services.targets'
"$venv/bin/python" -m compileall -q -j 0 contest wire mesh pki services
