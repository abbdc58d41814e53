#!/bin/sh
# Prints the Secrets of the namespace, from a PKI folder and the secrets that ../secrets.sh made; run it again, from a timer, to bring
# renewed certificates (services take them without a restart):
#   ./secrets.sh FOLDER | kubectl apply -n palestra -f -
# FOLDER/authority keeps the authority's key: this machine's, never the cluster's. LEAF_LIFE_H (720) is how long a leaf lives.
set -eu
umask 077
here=$(dirname "$(readlink -f "$0")") folder=$1
palestra pki --folder "$folder/authority" --leaf-life-hours "${LEAF_LIFE_H:-720}" distribute "$folder/given" >&2
"$here/../secrets.sh" "$folder/secrets" >&2

secret() {  # $1: name, then the files
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: { name: %s }\ndata:\n' "$1"
    shift
    for file; do printf '  %s: %s\n' "$(basename "$file")" "$(base64 <"$file" | tr -d '\n')"; done
}

for one in "$folder"/given/*/; do secret "palestra-pki-$(basename "$one")" "$one"*; done
for one in "$folder"/secrets/redis_*; do secret "palestra-redis-$(basename "$one" | sed 's/redis_//')" "$one"; done
secret palestra-admin "$folder/secrets/admin_password" "$folder/secrets/webhook_keys"
