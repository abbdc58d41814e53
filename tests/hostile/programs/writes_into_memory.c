// verdict: AC
// answer: mine
// Its own memory through a file is its own affair; that of others is shut.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
static const char word[] = "main";
int main(void) {
    int mem = open("/proc/self/mem", O_RDWR);
    pwrite(mem, "mine", 4, (off_t)(intptr_t)word);
    if (open("/proc/1/mem", O_RDONLY) >= 0 || open("/proc/1/task/1/mem", O_RDWR) >= 0) puts("PID 1");
    if (open("/dev/mem", O_RDONLY) >= 0 || open("/proc/kcore", O_RDONLY) >= 0 || open("/dev/kmem", O_RDONLY) >= 0) puts("all");
    puts(*(const char *volatile *)&(const char *){word});
    return 0;
}
