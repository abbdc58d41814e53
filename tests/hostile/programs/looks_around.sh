# verdict: AC
# answer: nothing
# With the tools that are there: who is here, what is mounted, what may be written.
find / -xdev -writable ! -type l ! -path '/proc/*' ! -path '/dev/*' -not -path / 2>/dev/null | grep -vxE '/(box|tmp|feedback)' 
ls -d /home /root /var/log /var/tmp /var/lib/dpkg /srv /opt /run /boot 2>/dev/null
grep -cE '^(tmpfs|proc)' /proc/mounts >/dev/null || echo no proc
grep -E ' / [^ ]* ro,| /usr [^ ]* ro,' /proc/mounts | grep -q . || echo root can be written
[ "$(ls -d /proc/[0-9]* | wc -l)" -le 8 ] || echo processes
[ "$(ulimit -c)" -le 1 ] || echo cores
mount -t tmpfs x /box 2>/dev/null && echo mounted
chroot / true 2>/dev/null && echo chroot
echo nothing
