// verdict: RFE
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
int main(void) { return setns(open("/proc/1/ns/mnt", O_RDONLY), 0); }
