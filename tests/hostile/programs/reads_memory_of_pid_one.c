// verdict: RFE
#define _GNU_SOURCE
#include <sys/uio.h>
int main(void) {
    char b[16];
    struct iovec here = {b, 16}, there = {(void *)0x400000, 16};
    process_vm_readv(1, &here, 1, &there, 1, 0);
    return 0;
}
