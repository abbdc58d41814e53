// verdict: AC RTE
// answer: alive
// Sends SIGKILL to all it can reach: to nobody but itself.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    kill(-1, SIGKILL);
    kill(1, SIGKILL);
    kill(1, SIGSTOP);
    puts("alive");
    return 0;
}
