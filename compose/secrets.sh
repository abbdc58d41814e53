#!/bin/sh
# Makes the secrets that are missing, in compose/secrets/; those that are there stay. The folder is for its owner alone; the files are
# readable, because engines bring them into containers as they are, and there nobody is root.
set -eu
umask 077
here=$(dirname "$(readlink -f "$0")")
folder=${1:-$here/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
"$here/redis/make-passwords" "$folder"
for name in admin_password erlang_cookie grafana_password; do
    [ -s "$folder/$name" ] || head -c 18 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' >"$folder/$name"
done
[ -s "$folder/webhook_keys" ] || head -c 32 /dev/urandom | base64 | tr -d '\n' >"$folder/webhook_keys"
chmod 444 "$folder"/*
echo "the admin's password: $folder/admin_password"
