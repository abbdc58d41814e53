#!/usr/bin/env bash
# Makes the virtual environment: with Python 3.11 or newer, and with Debian's venv package when that is missing.
set -euo pipefail
python=$1 venv=$2
if [ -z "$python" ] || ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "palestra: needs Python 3.11 or newer; found ${python:-none}. On Debian 12: apt-get install python3 python3-venv" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    bash "$(dirname "$0")/system.sh" venv
fi
"$python" -m venv "$venv"
