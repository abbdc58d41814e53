# What was confirmed by a quorum queue lies in the log, `NUMBER.wal`, until its entries are written to each queue's segments; then it is
# deleted. That the disk was full while they were written is not noticed: they are gone, and their queue may never start again. So each log
# has a second name, which is taken away when the first one went as it should. Whoever lost the first one otherwise is played again at
# the next start, in its old place; a node that lives on with such a loss is ended.
#
# To play a log again is right only if every later one is played too: a segment ends where the last entry that was played ends, and one
# that is left out takes what came after along. So second names are numbered by us, `00000012.wal-kept`: one more than the last when nothing
# can have lain between the two, else more. What lies before a hole is set aside, `00000012.wal-doubted`, and told.
#
# A part of queue-files.sh. Logs whose names do not have eight digits are of later releases (RabbitMQ 4), whose code is another: left alone.
room_kib=16384  # less is a full disk
digits='[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'

has_room= had_room= is_doubted=

# Sets `number`, without the noughts that would make it octal.
number_of() {
    number=${1##*/}
    number=${number%%.*}
    number=${number#"${number%%[!0]*}"}
    number=${number:-0}
}

# Sets `same` to that of the other files which is the same one.
is_among() {
    one=$1 && shift
    for same in "$@"; do [ "$one" -ef "$same" ] && return 0; done
    same=
    return 1
}

# Gives each log of a folder a second name. Fails when one has none.
name_logs() {
    for log in "$1"/$digits.wal; do
        [ -e "$log" ] || continue
        is_among "$log" "$1"/$digits.wal-kept && continue
        newest=
        for newest in "$1"/$digits.wal-kept; do :; done
        number_of "$log"
        own=$number
        if [ -e "$newest" ]; then
            number_of "$newest"
            last=$number before=$number
            if is_among "$newest" "$1"/$digits.wal; then
                number_of "$same"
                before=$number  # which is not `last` once the node had to begin at 1 again
            fi
            if [ "$own" -eq $((before + 1)) ] || [ "$own" -eq 1 ]; then
                own=$((last + 1))
            elif [ "$own" -le $((last + 1)) ]; then
                own=$((last + 2))
            fi
        fi
        second=$1/$(printf %08d "$own").wal-kept
        ln "$log" "$second" 2>/dev/null || [ ! -e "$log" ] || [ -e "$second" ] || return 1
    done
}

# Whether the disk has room now and had it at the look before. Sets nothing when nobody can say.
look_for_room() {
    left=
    # shellcheck disable=SC2046  # the words of what df says: what is left, in KiB, is the one before the first percentage
    for word in $(df -Pk "$1" 2>/dev/null); do
        case $word in [0-9]%|[0-9][0-9]%|100%) break ;; esac
        left=$word
    done
    had_room=$has_room
    case $left in
    '' | *[!0-9]*) has_room=$had_room && return 1 ;;
    esac
    if [ "$left" -ge "$room_kib" ]; then has_room=yes; else has_room=; fi
}

# Takes the second names of a folder away, the oldest first, up to one that is still there or that went without room.
let_go() {
    for kept in "$1"/$digits.wal-kept; do
        [ -e "$kept" ] || continue
        is_among "$kept" "$1"/*.wal && return
        [ -z "$is_doubted" ] || return
        if [ -n "$has_room" ] && [ -n "$had_room" ]; then rm -f "$kept"; else is_doubted=$kept; fi
    done
}

# Doubts what is gone when the watch begins: put_back_logs could not put it back, or it went while nobody watched.
begin_with_logs() {
    look_for_room "$1"
    had_room=$has_room
    for kept in "$1"/*/quorum/*/$digits.wal-kept "$1"/*/coordination/*/$digits.wal-kept; do
        [ -e "$kept" ] || continue
        is_among "$kept" "${kept%/*}"/*.wal || is_doubted=$kept
    done
}

look_at_logs() {
    is_known=
    look_for_room "$1" && is_known=yes
    for folder in "$1"/*/quorum/* "$1"/*/coordination/*; do
        name_logs "$folder" || tell_once "$folder: a log has no second name, for the file system gives none: what a full disk takes from it is lost"
        [ -z "$is_known" ] || let_go "$folder"
    done
}

told=
tell_once() {
    case $told in *"$1"*) return ;; esac
    told="$told $1"
    echo "queue-files: $1"
}

# Puts one folder's logs back: 1 when nothing could be done and nothing was changed, 2 when the node must not start from what is there.
put_back_folder() (
    cd "$1" || exit 0
    rm -f -- *.wal-new
    name_logs . || exit 1
    run= lost= last=
    for kept in $digits.wal-kept; do
        [ -e "$kept" ] || continue
        number_of "$kept"
        if [ -n "$last" ] && [ "$number" -ne $((last + 1)) ] && [ "$run" = "$lost" ]; then
            set_aside $lost
            run= lost=
        fi
        last=$number run="$run $kept"
        is_among "$kept" *.wal || lost="$lost $kept"
    done
    [ -n "$lost" ] || exit 0
    for log in *.wal; do
        if [ -e "$log" ] && ! is_among "$log" $run; then  # a later release has been here: nobody knows what is joined
            set_aside $lost
            exit 0
        fi
    done
    for kept in $run; do
        if ! ln "$kept" "${kept%-kept}-new"; then
            rm -f -- *.wal-new
            exit 1
        fi
    done
    rm -f -- $digits.wal
    for kept in $run; do mv "${kept%-kept}-new" "${kept%-kept}" || exit 2; done
    echo "queue-files: $1 had lost logs, which are put back:$lost"
)

set_aside() {
    for aside in "$@"; do
        mv "$aside" "${aside%-kept}-doubted"
        echo "queue-files: $PWD/${aside%-kept}-doubted is not joined to what came after it and is not played: what nobody wrote on from it is lost"
    done
}

put_back_logs() {
    worst=0
    for folder in "$1"/*/quorum/* "$1"/*/coordination/*; do
        [ -d "$folder" ] || continue
        put_back_folder "$folder"
        status=$?
        [ "$status" -eq 0 ] || echo "queue-files: the logs of $folder could not be put back"
        [ "$status" -le "$worst" ] || worst=$status
    done
    return "$worst"
}
