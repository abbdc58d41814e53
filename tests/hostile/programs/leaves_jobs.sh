# verdict: AC
# answer: done
# Jobs that nobody waits for, deaf to the end of their shell.
for job in 1 2 3; do (trap '' HUP TERM INT; exec setsid sleep 1000 </dev/null >/dev/null 2>&1) & done
(trap '' HUP TERM; while :; do :; done) &
echo done
