#!/bin/sh
# Takes the images that PALESTRA_IMAGE and PALESTRA_RUNNER_IMAGE name (in .env) while a contest runs, one service after the other. A plain
# `docker compose up -d` would do as well, but stops everything for a minute or two: it replaces whoever depends on somebody replaced.
#   ./upgrade.sh [SERVICE …]     all of ours, unless named; an image of others (database, rabbitmq, …) is taken by naming its service
set -eu
cd "$(dirname "$(readlink -f "$0")")"
./secrets.sh >/dev/null  # what this release wants, and the one before did not
up() { docker compose up --detach --no-build --wait "$@"; }

beside() {  # new ones beside the old, who leave one by one when the new are healthy and the gateway has had time to find them
    old=$(docker compose ps --quiet "$1")
    count=$(echo "$old" | grep -c . || true)
    up --no-recreate --scale "$1=$((count * 2))" "$1"
    sleep "${GATEWAY_LOOK_S:-5}"
    for container in $old; do
        docker stop --time 30 "$container" >/dev/null
        docker rm --volumes "$container" >/dev/null
    done
    up --no-recreate --scale "$1=$count" "$1"
}

[ $# -gt 0 ] || set -- pki recorder gitserver grader broadcaster mailer frontend runner
for service in "$@"; do
    case $service in
        grader | broadcaster | frontend | runner) beside "$service" ;;
        *) up "$service" ;;
    esac
done
