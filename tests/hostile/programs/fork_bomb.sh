# verdict: TLE MLE
# The famous one, and its parent waits for it.
bomb() { bomb | bomb & }
bomb
while :; do wait; done
