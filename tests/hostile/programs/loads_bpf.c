// verdict: RFE
#include <sys/syscall.h>
#include <unistd.h>
int main(void) { char a[128] = {0}; syscall(SYS_bpf, 5, a, sizeof a); return 0; }
