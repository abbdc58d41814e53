#!/bin/sh
# Runs PostgreSQL for the record from compose/database/: makes the cluster at the first start, brings database and roles at every start
# (the script may be repeated), serves TLS with the mesh's certificate and takes it anew when it is renewed.
#   PGDATA   where the cluster is kept                PKI   folder with ca.crt, database.crt and database.key
#   STANDBY_OF   host of a primary: this one follows it, made from a copy of it at the first start, over TLS as `replicator`, whose leaf is
#                in the folder REPLICATOR; whatever its host is called, the primary must prove the name `database`
# For places other than containers: SETTINGS (compose/database/), SOCKETS, SCRATCH are folders, STANDBY_PORT is the primary's port.
set -eu
here=${SETTINGS:-/etc/palestra/database}
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
PATH=$bin:$PATH
sockets=${SOCKETS:-/run/postgresql} setup=${SCRATCH:-/tmp}/setup

settings="-c hba_file=$here/pg_hba.conf -c ssl_cert_file=$PKI/database.crt"
settings="$settings -c ssl_key_file=$PKI/database.key -c ssl_ca_file=$PKI/ca.crt -c unix_socket_directories=$sockets -c log_destination=stderr -c logging_collector=off"

address() { getent ahosts "$STANDBY_OF" | { read -r found _; echo "$found"; }; }  # containers get another when they are made anew
line_to() {
    echo "host=database hostaddr=$1 port=${STANDBY_PORT:-5432} user=replicator sslmode=verify-full sslrootcert=$REPLICATOR/ca.crt" \
        "sslcert=$REPLICATOR/replicator.crt sslkey=$REPLICATOR/replicator.key"
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    if [ -n "${STANDBY_OF:-}" ]; then
        rm -rf "$PGDATA.copy"   # a copy that was cut off
        pg_basebackup -D "$PGDATA.copy" -R -X stream --checkpoint=fast -d "$(line_to "$(address)")"
        touch "$PGDATA.copy/made-as-a-standby"
        rm -rf "$PGDATA"
        mv "$PGDATA.copy" "$PGDATA"
    else
        initdb --pgdata="$PGDATA" --username=postgres --auth=peer --encoding=UTF8 --locale=C --data-checksums >/dev/null
        echo "include '$here/postgresql.conf'" >>"$PGDATA/postgresql.conf"
    fi
elif [ -n "${STANDBY_OF:-}" ] && [ ! -e "$PGDATA/made-as-a-standby" ]; then
    echo "postgresql.sh: $PGDATA was a primary and would take writes beside $STANDBY_OF: move it away, and a copy is made" >&2
    exit 1
fi
have=$(cat "$PGDATA/PG_VERSION")
if ! "$bin/postgres" --version | grep -q " $have"; then
    echo "postgresql.sh: the record was written by PostgreSQL $have and this is $(postgres --version): upgrade it with pg_upgrade, or bring a backup" >&2
    exit 1
fi

if [ -z "${STANDBY_OF:-}" ]; then  # roles and database, before anybody can come in: a socket elsewhere, no network
    mkdir -p "$setup"
    # shellcheck disable=SC2086  # the list is meant to be split
    pg_ctl -D "$PGDATA" -s -w -o "$settings -c listen_addresses='' -c unix_socket_directories=$setup -c hba_file=$here/pg_hba.conf" start
    psql -X -q -v ON_ERROR_STOP=1 -h "$setup" -d postgres -f "$here/postgresql.sql"
    pg_ctl -D "$PGDATA" -s -w -m fast stop
fi

stamp() { cksum <"$PKI/database.crt"; }
# shellcheck disable=SC2086
postgres -D "$PGDATA" $settings &
server=$!
trap 'kill -INT $server; wait $server; exit 0' TERM INT
seen=$(stamp) followed=
while kill -0 $server 2>/dev/null; do
    sleep 10 & wait $! || true
    now=$(stamp 2>/dev/null || echo "$seen")
    if [ "$now" != "$seen" ]; then seen=$now; kill -HUP $server 2>/dev/null || true; fi
    if [ -e "$PGDATA/standby.signal" ] && at=$(address) && [ -n "$at" ] && [ "$at" != "$followed" ]; then
        psql -X -q -h "$sockets" -U postgres -d postgres -c "ALTER SYSTEM SET primary_conninfo = '$(line_to "$at")'" -c "SELECT pg_reload_conf()" >/dev/null &&
            followed=$at || true
    fi
done
wait $server
