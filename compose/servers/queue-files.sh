#!/bin/sh
# What a quorum queue of RabbitMQ is lies in one small file, `config`, which its node writes anew in place whenever the queue's process
# starts. On a disk without a byte left that file ends up empty: the queue has no process any more, and after a restart neither. The same of
# what `coordination` has: where Khepri keeps the node's own record (RabbitMQ 4), it does not start at all.
#
#   queue-files.sh watch FOLDER     keeps a whole copy beside each, while the process that started it lives
#   queue-files.sh put-back FOLDER  before a start: whoever is not whole is replaced by his copy
#
# FOLDER is RABBITMQ_MNESIA_BASE. A queue that is deleted takes its copy along.
set -u
every_s=2

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

case ${1:-} in
watch) while [ -d "/proc/$PPID" ]; do keep "$2"; sleep "$every_s"; done ;;
put-back) put_back "$2" ;;
*)
    echo "usage: queue-files.sh watch|put-back FOLDER" >&2
    exit 2
    ;;
esac
