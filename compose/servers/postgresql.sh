#!/bin/sh
# Runs PostgreSQL for the record from compose/database/: makes the cluster at the first start, brings database and roles at every start
# (the script may be repeated), serves TLS with the mesh's certificate and takes it anew when it is renewed.
#   PGDATA   where the cluster is kept                PKI   folder with ca.crt, database.crt and database.key
#   STANDBY_OF   host of a primary: this one follows it, made from a copy of it at the first start
set -eu
here=/etc/palestra/database
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
PATH=$bin:$PATH
sockets=/run/postgresql

settings="-c hba_file=$here/pg_hba.conf -c ssl_cert_file=$PKI/database.crt"
settings="$settings -c ssl_key_file=$PKI/database.key -c ssl_ca_file=$PKI/ca.crt -c unix_socket_directories=$sockets -c log_destination=stderr -c logging_collector=off"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    if [ -n "${STANDBY_OF:-}" ]; then
        pg_basebackup -D "$PGDATA" -R -X stream --checkpoint=fast \
            -d "host=$STANDBY_OF user=replicator sslmode=verify-full sslrootcert=$PKI/ca.crt sslcert=$PKI/replicator.crt sslkey=$PKI/replicator.key"
    else
        initdb --pgdata="$PGDATA" --username=postgres --auth=peer --encoding=UTF8 --locale=C --data-checksums >/dev/null
        echo "include '$here/postgresql.conf'" >>"$PGDATA/postgresql.conf"
    fi
fi
have=$(cat "$PGDATA/PG_VERSION")
if ! "$bin/postgres" --version | grep -q " $have"; then
    echo "postgresql.sh: the record was written by PostgreSQL $have and this is $(postgres --version): upgrade it with pg_upgrade, or bring a backup" >&2
    exit 1
fi

if [ -z "${STANDBY_OF:-}" ]; then  # roles and database, before anybody can come in: a socket elsewhere, no network
    mkdir -p /tmp/setup
    # shellcheck disable=SC2086  # the list is meant to be split
    pg_ctl -D "$PGDATA" -s -w -o "$settings -c listen_addresses='' -c unix_socket_directories=/tmp/setup -c hba_file=$here/pg_hba.conf" start
    psql -X -q -v ON_ERROR_STOP=1 -h /tmp/setup -d postgres -f "$here/postgresql.sql"
    pg_ctl -D "$PGDATA" -s -w -m fast stop
fi

stamp() { cksum <"$PKI/database.crt"; }
# shellcheck disable=SC2086
postgres -D "$PGDATA" $settings &
server=$!
trap 'kill -INT $server; wait $server; exit 0' TERM INT
seen=$(stamp)
while kill -0 $server 2>/dev/null; do
    sleep 10 & wait $! || true
    now=$(stamp 2>/dev/null || echo "$seen")
    if [ "$now" != "$seen" ]; then seen=$now; kill -HUP $server 2>/dev/null || true; fi
done
wait $server
