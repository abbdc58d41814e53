// verdict: RTE
// A crash starts what core_pattern says, as root on the host; only a limit of one byte prevents it, so it must stay.
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
int main(void) {
    struct rlimit none = {0, 0}, is;
    if (!setrlimit(RLIMIT_CORE, &none) || !prlimit(0, RLIMIT_CORE, &none, 0)) return 0;
    if (getrlimit(RLIMIT_CORE, &is) || is.rlim_cur != 1) return 0;
    abort();
}
