// verdict: MLE
// answer: right
// The kernel kills the child; the parent gives the right answer and ends well.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    if (!fork()) for (;;) memset(malloc(1 << 20), 1, 1 << 20);
    wait(0);
    puts("right");
    return 0;
}
