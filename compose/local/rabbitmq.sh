#!/bin/sh
# Becomes a RabbitMQ node of the local house, with what looks after it in compose/servers/, until the node has gone.
#
#   rabbitmq.sh SERVER FOLDER [EVERY_S]
#
# FOLDER is RABBITMQ_MNESIA_BASE. Every so many seconds, if said, it is asked whether its queues have their processes; who has lost them
# is ended, and his keeper starts him again. The keeper hears it from the log at once, if the log has room to say it.
set -u
server=$1 folder=$2 every_s=${3:-} tools=$(dirname "$0")/../servers node=$$
mkdir -p "$folder/checks" && rm -f "$folder/checks/lost" "$folder/checks/ending"

asked() {
    PATH=${server%/*}:$PATH
    while sleep "$every_s" && [ -d "/proc/$node" ]; do "$tools/rabbitmq-check.sh" "$folder/checks" "$folder/checks" "$node"; done
}

"$tools/queue-files.sh" put-back "$folder" || [ $? -eq 1 ] || exit 1
"$tools/queue-files.sh" watch "$folder" $node &
[ -z "$every_s" ] || asked &
exec "$server"
