// verdict: MLE
// Reads one byte of every two megabytes: no page of its own, only the tables that lead to nothing.
#define _GNU_SOURCE
#include <sys/mman.h>
int main(void) {
    long size = 64l << 30, sum = 0;
    char *p = mmap(0, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return 9;
    madvise(p, size, MADV_NOHUGEPAGE);
    for (long at = 0; at < size; at += 2 << 20) sum += p[at];
    return sum != 0;
}
