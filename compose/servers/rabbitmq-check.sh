#!/bin/sh
# Whether RabbitMQ runs, and every quorum queue that has a copy on this node has its process here: the health check, in one question.
#
# A node whose queues lost their processes (a disk that was full: queue-files.sh) lives, takes connections and does not serve them, and an
# engine starts nobody again for being unhealthy. Who is found so three times in a row, for 45 s or longer, is ended, and the restart policy
# starts it: not while its disk has less room than RabbitMQ wants (it would break again), and after three ends with no check in
# between that held no more: then somebody must look, and what it does serve is served. A node that starts, that waits for the others of
# its cluster, that is in maintenance or too slow to answer is never ended.
set -eu
home=${1:-/var/lib/rabbitmq}
now=${2:-/tmp/rabbitmq}  # gone with each start
pid=${3:-$(cat "${RABBITMQ_PID_FILE:-/tmp/rabbitmq.pid}")}
if [ -e "$now/ending" ]; then
    kill -KILL "$pid"  # it was asked to end at the check before, and has not
    exit 1
fi

# Which nodes have a copy: a list in 3.10 to 4.1, which later releases may make a map.
said=$(rabbitmqctl -q eval '
    case rabbit:is_running() andalso not rabbit:is_booting() of
        false -> does_not_run;
        true ->
            Here = fun(Nodes) when is_map(Nodes) -> maps:is_key(node(), Nodes); (Nodes) -> lists:member(node(), Nodes) end,
            Lost = try
                [binary_to_list(element(4, amqqueue:get_name(Queue))) || Queue <- rabbit_amqqueue:list(), amqqueue:is_quorum(Queue),
                    Here(maps:get(nodes, amqqueue:get_type_state(Queue), [])), whereis(element(1, amqqueue:get_pid(Queue))) =:= undefined]
            catch exit:{aborted, {no_exists, _}} -> ["all: Mnesia has ended"]
            end,
            HasRoom = rabbit_disk_monitor:get_disk_free() >= rabbit_disk_monitor:get_disk_free_limit(),
            case Lost =:= [] orelse rabbit_maintenance:is_being_drained_local_read(node()) of
                true -> whole;
                false when HasRoom -> {no_process_of, length(Lost), lists:sublist(Lost, 4)};
                false -> {no_room_and_no_process_of, length(Lost), lists:sublist(Lost, 4)}
            end
    end.' | tr -s '\n ' ' ')
said=${said% }
case $said in
whole)
    rm -f "$now/lost" "$home/ended"
    exit 0
    ;;
"{no_process_of,"*) ;;
*)
    echo "$said"
    exit 1
    ;;
esac

read -r up _ </proc/uptime
count=0 since=${up%.*} ends=0 why=
[ ! -s "$now/lost" ] || read -r count since <"$now/lost" || true
[ ! -s "$home/ended" ] || read -r ends why <"$home/ended" || true
count=$((count + 1))
echo "$count $since" >"$now/lost"
echo "$said, seen $count times; the node was ended $ends times already${why:+ for $why}"
if [ "$count" -ge 3 ] && [ "$((${up%.*} - since))" -ge 45 ] && [ "$ends" -lt 3 ]; then
    echo "$((ends + 1)) $said" >"$home/ended"  # rabbitmq.sh tells it
    touch "$now/ending"
    kill -TERM "$pid"
fi
exit 1
