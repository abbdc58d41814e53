#!/bin/sh
# What a full disk takes from the quorum queues of RabbitMQ, is kept beside it and put back. Two things:
#
# What a queue is lies in one small file, `config`, which its node writes anew in place whenever the queue's process starts. On a disk without
# a byte left that file ends up empty: the queue has no process any more, and after a restart neither. The same of what `coordination` has:
# where Khepri keeps the node's own record (RabbitMQ 4), it does not start at all. A copy of each is kept.
#
# What was confirmed lies in the log, `NUMBER.wal`, until its entries are written to each queue's segments; then it is deleted. That the disk
# was full while they were written is not noticed: they are gone, and their queue may never start again. So each log has a second name, which
# is taken away when the first one goes while there is room. Whoever lost the first one without room is played again at the next start, in
# front of those that are there: the order in which they were written is all that counts. A node that lives on with such a loss is ended.
#
#   queue-files.sh watch FOLDER     keeps them, while the process that started it lives
#   queue-files.sh put-back FOLDER  before a start: what was lost is put back
#
# FOLDER is RABBITMQ_MNESIA_BASE. A queue that is deleted takes its copy along.
set -u
every_s=2 room_kib=16384
has_room= had_room= is_doubted=

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

# Whether one of the other files is the same.
is_among() {
    one=$1 && shift
    for other in "$@"; do [ "$one" -ef "$other" ] && return 0; done
    return 1
}

keep_logs() {
    for wal in "$1"/*/quorum/*/*.wal "$1"/*/coordination/*/*.wal; do
        [ -e "$wal" ] || continue
        is_among "$wal" "${wal%/*}"/*.wal-kept && continue
        number=1
        while [ -e "${wal%/*}/$number.wal-kept" ]; do number=$((number + 1)); done
        ln "$wal" "${wal%/*}/$number.wal-kept" 2>/dev/null
    done
}

# Whether there is room now. What the loop last knew of it is `had_room`.
look_for_room() {
    # shellcheck disable=SC2046  # the eleventh word of what df says is what is left, in KiB
    set -- $(df -Pk "$1" 2>/dev/null)
    if [ "${11:-0}" -ge "$room_kib" ]; then has_room=yes; else has_room=; fi
}

# Takes away the second names of logs that went while there was room, now and at the look before. After one that did not, all are kept:
# whatever is put back must reach up to the newest without a hole.
let_go() {
    look_for_room "$1"
    for kept in "$1"/*/quorum/*/*.wal-kept "$1"/*/coordination/*/*.wal-kept; do
        if [ ! -e "$kept" ] || is_among "$kept" "${kept%/*}"/*.wal; then continue; fi
        if [ -z "$has_room" ] || [ -z "$had_room" ]; then is_doubted=yes; fi
        [ -n "$is_doubted" ] || rm -f "$kept"
    done
    if [ -n "$is_doubted" ] && [ -n "$has_room" ] && [ -n "$had_room" ]; then
        echo "queue-files: a log was deleted while the disk was full: the node is ended, its next start puts it back"
        kill -TERM "$PPID"
        exit 0
    fi
    had_room=$has_room
}

put_back_logs() {
    for folder in "$1"/*/quorum/* "$1"/*/coordination/*; do
        (
            cd "$folder" 2>/dev/null || exit 0
            lost=
            for kept in *.wal-kept; do
                [ -e "$kept" ] && ! is_among "$kept" *.wal && lost="$lost $kept"
            done
            [ -n "$lost" ] || exit 0
            number=0
            # shellcheck disable=SC2012,SC2046,SC2086  # our own names, by the time of their last entry
            for log in $(ls -1tr $lost $(ls -- *.wal 2>/dev/null)); do
                number=$((number + 1))
                ln -f "$log" "$(printf '%08d' "$number").wal-new" || exit 1
            done
            rm -f -- *.wal
            for log in *.wal-new; do mv "$log" "${log%-new}"; done
            echo "queue-files: logs that $folder had lost are put back:$lost"
        )
    done
}

case ${1:-} in
watch)
    look_for_room "$2"
    had_room=$has_room
    while [ -d "/proc/$PPID" ]; do
        keep "$2"
        keep_logs "$2"
        let_go "$2"
        sleep "$every_s"
    done
    ;;
put-back)
    put_back "$2"
    put_back_logs "$2"
    keep_logs "$2"
    ;;
*)
    echo "usage: queue-files.sh watch|put-back FOLDER" >&2
    exit 2
    ;;
esac
