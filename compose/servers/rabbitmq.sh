#!/bin/sh
# Runs RabbitMQ from compose/rabbitmq/. In a cluster, RABBITMQ_NODES="rabbit@one rabbit@two …" names every node, and
# /run/secrets/erlang_cookie is what they know each other by.
set -eu
home=/var/lib/rabbitmq conf=/tmp/rabbitmq
mkdir -p "$conf"
cp /etc/rabbitmq/rabbitmq.conf "$conf/rabbitmq.conf"
if [ -n "${RABBITMQ_NODES:-}" ]; then
    {
        echo "cluster_formation.peer_discovery_backend = classic_config"
        number=0
        for node in $RABBITMQ_NODES; do
            number=$((number + 1))
            echo "cluster_formation.classic_config.nodes.$number = $node"
        done
        echo "cluster_formation.target_cluster_size_hint = $number"  # queues get their copies when they are made: wait for all
    } >>"$conf/rabbitmq.conf"
fi
if [ -s /run/secrets/erlang_cookie ]; then
    rm -f "$home/.erlang.cookie"
    (umask 077; cat /run/secrets/erlang_cookie >"$home/.erlang.cookie")
    chmod 400 "$home/.erlang.cookie"
fi
rm -f "$conf/lost" "$conf/ending"  # what rabbitmq-check.sh knew of the node before this one
[ ! -s "$home/ended" ] || echo "rabbitmq-check: the node before this one was ended: $(cat "$home/ended")"
files=$(dirname "$0")/queue-files.sh
"$files" put-back "$home/mnesia" || [ $? -eq 1 ]  # no room for it: the node starts, and rabbitmq-check.sh finds it
"$files" watch "$home/mnesia" $$ &
export RABBITMQ_CONFIG_FILE="$conf/rabbitmq.conf" HOME="$home"
exec rabbitmq-server
