// verdict: TLE
// Children without parents, as fast as it goes: PID 1 has to bury them.
#include <unistd.h>
int main(void) { for (;;) if (!vfork()) { if (!vfork()) _exit(0); _exit(0); } }
