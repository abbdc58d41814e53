deep() { if (($1 == 0)); then echo 0; else local rest; deep $(($1 - 1)) > /dev/null; echo "$1"; fi; }

read -r word a b
case $word in
    sum) printf %s $((a + b)) ;;
    deep) deep "$a" ;;
    throw) exit 3 ;;
    loop) while :; do :; done ;;
    given) printf "[%s]" "$@"; cat map/a.txt ;;
    hog) piece=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; while :; do piece=$piece$piece; done ;;
esac
