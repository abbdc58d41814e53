// verdict: TLE
// memory: 512
// Children without parents, as fast as it goes: PID 1 has to bury them. The kernel frees what they had a little later, and counts it until then.
#include <unistd.h>
int main(void) { for (;;) if (!vfork()) { if (!vfork()) _exit(0); _exit(0); } }
