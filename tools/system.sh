#!/usr/bin/env bash
# Installs Debian packages: "sandbox" what running submissions needs, "languages" every language there is,
# "all" also what tests and benchmarks need.
# As an ordinary user it installs nothing, and says what is missing.
set -euo pipefail
# the languages beside C, C++, Java and Python: what is not there is not offered, and tests want them all (450 MB, 2.5 GB installed)
languages="kotlin pypy3 nodejs node-typescript golang-go rustc mono-mcs mono-runtime ghc ruby php-cli perl fp-compiler lua5.4 ocaml-nox bash"
case ${1:-all} in
    venv) wanted="python3-venv" ;;
    sandbox) wanted="bubblewrap gcc g++ libc6-dev git default-jdk-headless" ;;
    all) wanted="bubblewrap gcc g++ libc6-dev git default-jdk-headless rabbitmq-server redis-server postgresql mariadb-server chromium chromium-driver fonts-dejavu-core curl openssl npm nginx prometheus $languages" ;;
    languages) wanted="$languages" ;;
    *) echo "usage: tools/system.sh venv|sandbox|languages|all" >&2; exit 2 ;;
esac
boxed() { PATH=/usr/local/bin:/usr/bin:/bin command -v "$1"; }
provided() {  # a tool that is on the path counts, wherever it came from
    case $1 in
        bubblewrap) command -v bwrap ;;
        default-jdk-headless) command -v javac ;;
        gcc|g++|git|chromium|curl|openssl|npm) command -v "$1" ;;
        nodejs) command -v node ;;
        # a runner looks for these in the folders that boxes show, and nowhere else
        pypy3|rustc|ghc|ruby|perl|lua5.4|bash) boxed "$1" ;;
        kotlin) compgen -G '/usr/share/kotlin/kotlinc/lib/kotlin-compiler.jar' || test -e /usr/local/kotlinc/lib/kotlin-compiler.jar ;;
        node-typescript) test -e /usr/share/nodejs/typescript/lib/tsc.js || test -e /usr/lib/node_modules/typescript/lib/tsc.js || test -e /usr/local/lib/node_modules/typescript/lib/tsc.js ;;
        golang-go) boxed go ;;
        mono-mcs) boxed mcs ;;
        mono-runtime) boxed mono ;;
        php-cli) boxed php ;;
        fp-compiler) boxed fpc ;;
        ocaml-nox) boxed ocamlopt ;;
        chromium-driver) command -v chromedriver ;;
        rabbitmq-server) test -x /usr/sbin/rabbitmq-server || command -v rabbitmq-server ;;
        nginx) command -v nginx || test -x /usr/sbin/nginx ;;
        redis-server) command -v redis-server ;;
        prometheus) command -v prometheus && command -v promtool ;;
        mariadb-server) command -v mariadbd || test -x /usr/sbin/mariadbd ;;
        postgresql) compgen -G '/usr/lib/postgresql/*/bin/postgres' ;;
        *) dpkg -s "$1" ;;
    esac >/dev/null 2>&1
}
missing=""
for package in $wanted; do provided "$package" || missing="$missing $package"; done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
    echo "palestra: please install what these Debian packages hold:$missing" >&2
    [ "${1:-all}" = sandbox ] && exit 0 || exit 1
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then as_root="sudo -n"; else
        echo "palestra: missing Debian packages; as root run: apt-get install$missing" >&2
        [ "${1:-all}" = sandbox ] && exit 0 || exit 1
    fi
fi
echo "palestra: installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d  # no server of a package starts by itself: tests start their own
if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null && $as_root chmod 755 $policy && made=1; fi
trap '[ -z "${made:-}" ] || $as_root rm -f $policy' EXIT
log=$(mktemp)
for try in 1 2 3; do
    # shellcheck disable=SC2086
    if { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then exit 0; fi
    sleep 3
done
tail -n 20 "$log" >&2
echo "palestra: could not install:$missing" >&2
exit 1
