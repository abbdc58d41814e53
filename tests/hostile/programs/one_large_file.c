// verdict: OLE
// One file, as large as it goes; and one that is all hole.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
int main(void) {
    static char block[1 << 16];
    int f = open("/box/hole", O_CREAT | O_RDWR, 0600);
    signal(SIGXFSZ, SIG_IGN);
    if (ftruncate(f, 1l << 60) == 0) return 9;
    signal(SIGXFSZ, SIG_DFL);
    for (;;) if (write(f, block, sizeof block) < 0) return 8;
}
