// verdict: MLE
// The same with sockets, whose buffers may be larger.
#include <sys/socket.h>
#include <unistd.h>
int main(void) {
    static char block[32768];
    int size = 1 << 22, ends[2];
    for (int child = 0; child < 8; child++)
        if (child == 7 || !fork()) {
            while (!socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) {
                setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
                while (send(ends[0], block, sizeof block, MSG_DONTWAIT) > 0) {}
            }
            usleep(300000);
            return 0;
        }
}
