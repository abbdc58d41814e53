// verdict: AC
// answer: nothing
// Huge pages come from a pool that no memory limit counts; databases live in it.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
int main(void) {
    if (mmap(0, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0) != MAP_FAILED) puts("mmap");
    if (memfd_create("x", MFD_HUGETLB) >= 0) puts("memfd");
    puts("nothing");
    return 0;
}
