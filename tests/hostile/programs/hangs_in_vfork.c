// verdict: TLE
// The parent waits inside the kernel, for a child that never leaves.
#include <unistd.h>
int main(void) { if (!vfork()) for (;;) pause(); return 0; }
