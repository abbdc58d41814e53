#!/bin/sh
# Runs MariaDB for the record from compose/database/: makes the folder at the first start, brings users and rights at every start,
# serves TLS with the mesh's certificate in PKI and takes it anew when it is renewed. `mariadb.sh ping` is the health check.
set -eu
here=/etc/palestra/database
folder=/var/lib/mysql/record socket=/run/mysqld/mysqld.sock

if [ "${1:-}" = ping ]; then admin=$(command -v mysqladmin || command -v mariadb-admin); exec "$admin" --no-defaults --socket="$socket" --user=mysql ping; fi

server=$(command -v mariadbd || echo /usr/sbin/mariadbd)
settings="--defaults-file=/tmp/mariadb.cnf --datadir=$folder --socket=$socket --pid-file=/run/mysqld/mysqld.pid"
sed "s#/etc/palestra/database/\(database\.[a-z]*\|ca\.crt\)#$PKI/\1#" "$here/mariadb.cnf" >/tmp/mariadb.cnf
[ -d "$folder/mysql" ] || mariadb-install-db --no-defaults --datadir="$folder" --auth-root-authentication-method=socket \
    --auth-root-socket-user=mysql --skip-test-db >/dev/null

client() { mariadb --no-defaults --socket="$1" --user=mysql; }

# users and rights, before anybody can come in: a socket elsewhere, no network
mkdir -p /tmp/setup
# shellcheck disable=SC2086  # the list is meant to be split
"$server" $settings --socket=/tmp/setup/socket --skip-networking &
setup=$!
until echo "select 1" | client /tmp/setup/socket >/dev/null 2>&1; do kill -0 $setup; sleep 0.3; done
client /tmp/setup/socket <"$here/mariadb.sql"
kill $setup
wait $setup || true

stamp() { cksum <"$PKI/database.crt"; }
# shellcheck disable=SC2086
"$server" $settings --bind-address=0.0.0.0 &
running=$!
trap 'kill $running; wait $running; exit 0' TERM INT
seen=$(stamp)
while kill -0 $running 2>/dev/null; do
    sleep 10 & wait $! || true
    now=$(stamp 2>/dev/null || echo "$seen")
    if [ "$now" != "$seen" ] && echo "FLUSH SSL" | client "$socket"; then seen=$now; fi
done
wait $running
