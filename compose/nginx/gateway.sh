#!/bin/sh
# Runs nginx as the gateway of a container deployment. Every few seconds it looks up who answers to the name `frontend` and
# whether the certificate has changed, and reloads nginx when so: replicas come and go, and leaves live for a day.
set -eu
name=${GATEWAY_FRONTEND:-frontend}
port=${GATEWAY_FRONTEND_PORT:-8080}
certificate=${GATEWAY_CERTIFICATE:-/pki/gateway.crt}
key=${GATEWAY_KEY:-/pki/gateway.key}
conf=${GATEWAY_CONF:-/etc/palestra-gateway/nginx.conf}
home=/run/gateway

addresses() { getent ahostsv4 "$name" | awk '{print $1}' | sort -u; }

write_upstreams() {  # $1: addresses, one a line. None: 127.0.0.1:9 refuses at once, and people see "One moment"
    for pool in frontend frontend_once; do
        echo "upstream $pool {"
        echo "    zone $pool 128k;"
        echo "    least_conn;"
        for address in ${1:-127.0.0.1:9}; do
            case $address in *:*) ;; *) address=$address:$port ;; esac
            echo "    server $address max_fails=3 fail_timeout=5s;"
        done
        [ $pool = frontend_once ] || echo "    keepalive 64; keepalive_timeout 30s;"
        echo "}"
    done >"$home/upstreams.new"
    mv "$home/upstreams.new" "$home/upstreams.conf"
}

stamp() { cksum <"$certificate"; cksum <"$key"; }

place() {  # anew and then moved: what was copied from a file that nobody may write could not be written over
    (umask 077; cat "$certificate" >"$home/new.crt" && cat "$key" >"$home/new.key") && mv "$home/new.crt" "$home/site.crt" && mv "$home/new.key" "$home/site.key"
}

mkdir -p "$home"
ulimit -n "$(ulimit -H -n)"   # two files a connection
found=$(addresses || true)
write_upstreams "$found"
seen=$(stamp)
place
nginx -c "$conf" -g 'daemon off;' &
nginx_pid=$!
trap 'kill -QUIT $nginx_pid; wait $nginx_pid; exit 0' TERM QUIT INT
while kill -0 $nginx_pid 2>/dev/null; do
    sleep "${GATEWAY_LOOK_S:-3}" & wait $! || true
    now=$(addresses || true)
    fresh=$(stamp 2>/dev/null || echo "$seen")
    if [ -n "$now" ] && [ "$now" != "$found" ] || [ "$fresh" != "$seen" ]; then
        [ -z "$now" ] || found=$now
        write_upstreams "$found"
        seen=$fresh
        if place && nginx -t -q -c "$conf"; then
            kill -HUP $nginx_pid
            echo "gateway: reloaded; frontends: $(echo $found)" >&2
        fi
    fi
done
wait $nginx_pid
