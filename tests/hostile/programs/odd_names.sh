# verdict: AC
# answer: 0
# Names that scripts stumble over; it counts what the case before left.
ls -A /box /tmp /dev/shm /feedback | grep -vc '^/\|^$' 
cd /tmp
touch -- '-rf' '--' '*' '$(reboot)' $'new\nline' $'\xff\xfe' ' ' '.hidden' '`x`' 2>/dev/null
mkdir -p -- '-d/..../ /*'
ln -s / '-e'; ln -s -- . itself; mkfifo '|pipe'
chmod 0 -- '-d' 
cp -r /tmp/. /dev/shm 2>/dev/null &
exit 0
