#!/bin/sh
# What a full disk takes from the quorum queues of RabbitMQ, is kept beside it and put back. Two things:
#
# What a queue is lies in one small file, `config`, which its node writes anew in place whenever the queue's process starts. On a disk without
# a byte left that file ends up empty: the queue has no process any more, and after a restart neither. The same of what `coordination` has:
# where Khepri keeps the node's own record (RabbitMQ 4), it does not start at all. A copy of each is kept.
#
# What was confirmed lies in the log: queue-logs.sh says what is done for that.
#
#   queue-files.sh put-back FOLDER    before a start: what was lost is put back. Exit status 1: nothing was, for want of room, and the node
#                                     may start; 2: it must not
#   queue-files.sh watch FOLDER NODE  keeps them, and ends the node where that is said, while the process NODE lives
#
# FOLDER is RABBITMQ_MNESIA_BASE. A queue that is deleted takes its copy along.
set -u
LC_ALL=C
export LC_ALL
every_s=1 patience=60
# shellcheck source=queue-logs.sh
. "$(dirname "$0")/queue-logs.sh"

is_whole() { [ "$(tail -c 2 "$1" 2>/dev/null)" = '}.' ]; }

# The copy appears whole or not at all: on a full disk what was there stays.
copy() {
    if cp -p "$1" "$2.new" 2>/dev/null && is_whole "$2.new"; then mv "$2.new" "$2"; else rm -f "$2.new"; fi
}

keep() {
    for config in "$1"/*/quorum/*/*/config "$1"/*/coordination/*/*/config; do
        if [ ! -e "$config.kept" ] || [ "$config" -nt "$config.kept" ]; then
            is_whole "$config" && copy "$config" "$config.kept"
        fi
    done
}

put_back() {
    for kept in "$1"/*/quorum/*/*/config.kept "$1"/*/coordination/*/*/config.kept; do
        config=${kept%.kept}
        if is_whole "$kept" && ! is_whole "$config"; then
            copy "$kept" "$config"
            is_whole "$config" && echo "queue-files: $config was not whole: its copy is put back"
        fi
    done
}

# Sets `since` to when a process was started (field 22: proc(5)); fails when there is none.
born() {
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086  # the words of what comes after its name
    set -- ${line##*) }
    since=${20}
}

is_alive() { born "$node" && [ "$since" = "$node_since" ]; }

# Ends the node, once there is room to put back what it lost: asks it, again and again, and in the end does not ask.
end_node() {
    [ -n "$has_room" ] && [ -n "$had_room" ] || return
    [ "$asked" -gt 0 ] || echo "queue-files: $is_doubted went while the disk was full: the node is ended, its next start puts it back"
    if [ "$asked" -ge "$patience" ]; then
        kill -KILL "$(cat "${RABBITMQ_PID_FILE:-/tmp/rabbitmq.pid}" 2>/dev/null || echo "$node")"
    elif [ $((asked % 10)) -eq 0 ]; then
        kill -TERM "$node"
    fi
    asked=$((asked + 1))
}

watch() {
    asked=0
    begin_with_logs "$1"
    while is_alive; do
        keep "$1"
        look_at_logs "$1"
        [ -z "$is_doubted" ] || end_node
        sleep "$every_s"
    done
}

case ${1:-} in
watch)
    node=$3
    born "$node" || exit 0
    node_since=$since
    while is_alive; do  # a watch that ended before its node, by whatever, is begun again
        (watch "$2")
        sleep "$every_s"
    done
    ;;
put-back)
    put_back "$2"
    put_back_logs "$2"
    ;;
*)
    echo "usage: queue-files.sh put-back FOLDER | watch FOLDER NODE" >&2
    exit 64
    ;;
esac
