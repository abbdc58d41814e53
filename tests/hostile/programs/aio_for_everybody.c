// verdict: AC
// answer: nothing
// The number of asynchronous requests is one for the whole machine: who takes all of them stops its databases.
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    unsigned long context = 0;
    if (syscall(SYS_io_setup, 60000, &context) == 0) puts("io_setup");
    puts("nothing");
    return 0;
}
