// verdict: AC
// answer: done
// Sends descriptors to itself, where no limit of a process counts them.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void) {
    int ends[2], sent = 0, fd = open("/dev/null", O_RDONLY);
    while (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0) {
        char room[CMSG_SPACE(200 * sizeof(int))] = {0}, x = 0;
        struct iovec v = {&x, 1};
        struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
        struct cmsghdr *c = CMSG_FIRSTHDR(&h);
        c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(200 * sizeof(int));
        for (int i = 0; i < 200; i++) memcpy(CMSG_DATA(c) + i * sizeof fd, &fd, sizeof fd);
        while (sendmsg(ends[0], &h, MSG_DONTWAIT) > 0) sent++;
    }
    while (dup(0) >= 0) {}
    puts(sent < 5000 ? "done" : "too many");
    return 0;
}
