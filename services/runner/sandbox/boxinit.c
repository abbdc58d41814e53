/* boxinit: PID 1 inside a box that bubblewrap has built. It holds no namespace code.
 *
 * It serves requests over one SOCK_SEQPACKET socket, strictly one after another:
 *   PUT    copy a passed descriptor to a path inside the box      GET   copy a path inside the box to a passed descriptor
 *   PREP   fork a child that joins its cgroups and waits           RESET empty the writable directories
 *   KILL   end everything that the child started (answered by the end of the run)
 *   MODE   change the mode of a directory: whether the program may write there
 * The order to execute goes to the waiting child, over a channel of its own: joining a cgroup may wait 15 ms for an RCU
 * grace period, so it is done before the case starts. Nothing outside ever opens a path in here: what goes in or out is
 * a descriptor, and paths are opened with openat2(RESOLVE_NO_SYMLINKS).
 *
 * The layout of `request`, `reply` and `begin` is mirrored in channel.py.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAGIC 0x50414c31u /* "PAL1" */
enum { OP_HELLO = 0, OP_PREP = 1, OP_PUT = 2, OP_GET = 3, OP_RESET = 4, OP_KILL = 5, OP_MODE = 6 };

#define LIMITS 6
static const int limited[LIMITS] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_MEMLOCK};

struct request {
    uint32_t magic, op, argc, envc, uid, gid, mode, pad;
    uint64_t size;          /* GET: the most bytes that may leave */
    uint64_t limit[LIMITS]; /* the execution order only */
};
struct reply {
    uint32_t magic, op;
    int32_t error, status; /* an errno or 0; a wait status */
    uint64_t wall_ns;      /* from right before exec to the end of the main process */
    uint64_t left;         /* processes that were still there then; GET: the bytes that the file has */
    uint64_t size;         /* GET: the bytes that left the box; PREP: 1 when the kernel would not start the program */
};
struct begin { uint64_t ns; int32_t error, is_refused; }; /* child to boxinit, over a close-on-exec pipe */
struct how { uint64_t flags, mode, resolve; };     /* openat2's argument; kernel headers may be older than the kernel */
#define NO_SYMLINKS (0x04 | 0x02)                  /* RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS */
#define NR_OPENAT2 437
#define NR_CLOSE_RANGE 436

#define MOST_FDS 16
#define BUFFER 262144
static char buffer[BUFFER];
static struct sock_filter filter[2048];
static struct sock_fprog program = {0, filter};
static int control;
static pid_t current;       /* the prepared or running child */
static int current_pipe = -1;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void answer(struct reply *r)
{
    r->magic = MAGIC;
    if (send(control, r, sizeof *r, MSG_NOSIGNAL) < 0) _exit(3);
}

static int open_inside(const char *path, int flags, mode_t mode)
{
    struct how how = {flags | O_CLOEXEC | O_NOCTTY, mode, NO_SYMLINKS};
    return syscall(NR_OPENAT2, AT_FDCWD, path, &how, sizeof how);
}

/* One message with its descriptors; 0 at the end of the line, -1 for something that is not ours. */
static int receive(int from, int *fds, int *count)
{
    char ancillary[CMSG_SPACE(sizeof(int) * MOST_FDS)];
    struct iovec v = {buffer, BUFFER - 1};
    struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = ancillary, .msg_controllen = sizeof ancillary};
    ssize_t n;
    while ((n = recvmsg(from, &h, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {}
    *count = 0;
    if (n <= 0) return n;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            *count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            memcpy(fds, CMSG_DATA(c), *count * sizeof(int));
        }
    buffer[n] = 0;
    struct request *q = (void *)buffer;
    return n < (ssize_t)sizeof *q || q->magic != MAGIC ? -1 : n;
}

/* Removes everything below an open directory; links are removed as links. Returns 0 when it is empty. */
static int empty_tree(int directory)
{
    int bad = 0;
    DIR *d = fdopendir(dup(directory));
    if (!d) return 1;
    rewinddir(d);
    struct dirent *e;
    while ((e = readdir(d))) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        if (unlinkat(directory, e->d_name, 0) == 0) continue;
        if (errno != EISDIR && errno != EPERM && errno != EACCES) { bad = 1; continue; }
        int below = openat(directory, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below < 0 && errno == EACCES) { /* without DAC_OVERRIDE, a directory that its owner shut */
            fchmodat(directory, e->d_name, 0700, 0);
            below = openat(directory, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        if (below >= 0) {
            fchmod(below, 0700);
            bad |= empty_tree(below);
            close(below);
        }
        if (unlinkat(directory, e->d_name, AT_REMOVEDIR) < 0) bad = 1;
    }
    closedir(d);
    return bad;
}

static int kill_rest(void)
{
    int n = 0, status;
    for (;;) {
        kill(-1, SIGKILL);
        if (waitpid(-1, &status, __WALL) > 0) n++;
        else if (errno != EINTR) return n; /* ECHILD: PID 1 has no child, so the namespace is empty */
    }
}

/* The child: in its cgroups first, then waits for the order, then becomes the program. Never returns. */
static void become(int channel, const int *groups, int group_count, int pipe_fd)
{
    struct begin b = {0};
    static char *argv[4096], *envp[512];
    int fds[MOST_FDS], count;
    setsid();
    for (int i = 0; i < group_count; i++)
        if (write(groups[i], "0", 1) != 1) goto fail;
    if (send(channel, "", 1, MSG_NOSIGNAL) != 1) _exit(126); /* in place: the order may come */
    int n = receive(channel, fds, &count);
    if (n <= 0) _exit(126); /* the runner dropped this execution */
    struct request *q = (void *)buffer;
    char *p = buffer + sizeof *q, *end = buffer + n, *folder = p;
    errno = EINVAL;
    if (q->argc < 1 || q->argc >= 4095 || q->envc >= 511 || count < 3) goto fail;
    p += strlen(p) + 1;
    for (uint32_t i = 0; i < q->argc && p < end; i++, p += strlen(p) + 1) argv[i] = p;
    for (uint32_t i = 0; i < q->envc && p < end; i++, p += strlen(p) + 1) envp[i] = p;
    for (int i = 0; i < LIMITS; i++) {
        struct rlimit r = {q->limit[i], q->limit[i]};
        if (limited[i] == RLIMIT_CPU) r.rlim_max += 1; /* SIGXCPU first, SIGKILL a second later */
        if (setrlimit(limited[i], &r) < 0) goto fail;
    }
    /* 0, 1, 2 are the program's; 3 is the pipe to boxinit and closes on exec; 4 and up are files that it may read */
    pipe_fd = fcntl(pipe_fd, F_DUPFD_CLOEXEC, 64);
    for (int i = 0; i < count; i++) fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 64);
    for (int i = 0; i < count; i++)
        if (dup2(fds[i], i < 3 ? i : i + 1) < 0) goto fail;
    if (dup3(pipe_fd, 3, O_CLOEXEC) < 0) goto fail;
    pipe_fd = 3;
    syscall(NR_CLOSE_RANGE, count + 1, ~0u, 0);
    if (q->uid) {
        if (setgroups(0, NULL) < 0 || setresgid(q->gid, q->gid, q->gid) < 0 || setresuid(q->uid, q->uid, q->uid) < 0) goto fail;
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
        struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
        if (syscall(SYS_capset, &header, none) < 0) goto fail;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) goto fail;
    umask(022);
    if (chdir(folder) < 0) goto fail;
    sigset_t nothing;
    sigemptyset(&nothing);
    sigprocmask(SIG_SETMASK, &nothing, NULL);
    b.ns = now_ns();
    if (write(pipe_fd, &b, sizeof b) != sizeof b) _exit(126);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0) goto fail;
    execve(argv[0], argv, envp);
    b.is_refused = 1; /* by the kernel, for what the file is; whatever fails before is ours */
fail:
    b.error = errno ? errno : EIO;
    if (write(pipe_fd, &b, sizeof b) != sizeof b) _exit(126);
    _exit(127);
}

static void prepare(int *fds, int count)
{
    struct reply r = {.op = OP_PREP};
    int ends[2];
    if (count < 1 || current) r.error = EINVAL;
    else if (pipe2(ends, O_CLOEXEC) < 0) r.error = errno;
    else {
        pid_t pid = fork();
        if (pid == 0) become(fds[0], fds + 1, count - 1, ends[1]);
        if (pid < 0) { r.error = errno; close(ends[0]); }
        close(ends[1]);
        if (pid > 0) { current = pid; current_pipe = ends[0]; }
    }
    for (int i = 0; i < count; i++) close(fds[i]);
    if (r.error) answer(&r);
}

static void reap(void)
{
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
        if (ended != current) continue;
        struct reply r = {.op = OP_PREP, .status = status};
        uint64_t end = now_ns();
        struct begin b;
        r.left = kill_rest();
        while (read(current_pipe, &b, sizeof b) == sizeof b) {
            if (b.ns) r.wall_ns = end - b.ns;
            if (b.error) r.error = b.error;
            r.size = b.is_refused;
        }
        close(current_pipe);
        current = 0;
        answer(&r);
        return;
    }
}

static void put(char *path, mode_t mode, int from)
{
    struct reply r = {.op = OP_PUT};
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(path, 0755) < 0 && errno != EEXIST && errno != EROFS) r.error = errno;
        *slash = '/';
    }
    unlink(path);
    int to = open_inside(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (to < 0) r.error = errno;
    else {
        off_t at = 0;
        ssize_t n;
        while ((n = sendfile(to, from, &at, 1 << 24)) > 0) {}
        if (n < 0 || fchmod(to, mode) < 0) r.error = errno;
        r.size = at;
        close(to);
    }
    answer(&r);
}

static void get(char *path, uint64_t most, int to)
{
    struct reply r = {.op = OP_GET};
    struct stat s;
    int from = open_inside(path, O_RDONLY | O_NONBLOCK, 0);
    if (from < 0) r.error = errno;
    else if (fstat(from, &s) < 0 || !S_ISREG(s.st_mode)) r.error = EINVAL;
    else {
        ssize_t n;
        r.left = s.st_size;
        while (r.size < most && (n = sendfile(to, from, NULL, most - r.size)) > 0) r.size += n;
        if (n < 0) r.error = errno;
    }
    if (from >= 0) close(from);
    close(to); /* the reader sees the end of the file before it sees the answer */
    answer(&r);
}

static void reset(char *path, char *end)
{
    struct reply r = {.op = OP_RESET};
    if (current) r.error = EBUSY;
    for (; !r.error && path < end; path += strlen(path) + 1) {
        int d = open_inside(path, O_RDONLY | O_DIRECTORY, 0);
        if (d < 0) { r.error = errno; break; }
        if (empty_tree(d)) r.error = ENOTEMPTY;
        close(d);
    }
    answer(&r);
}

static void change(char *path, mode_t mode)
{
    struct reply r = {.op = OP_MODE};
    int d = open_inside(path, O_RDONLY | O_DIRECTORY, 0);
    if (d < 0 || fchmod(d, mode) < 0) r.error = errno;
    if (d >= 0) close(d);
    answer(&r);
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    control = atoi(argv[1]);
    int source = atoi(argv[2]);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* /proc/1/{mem,environ,fd,…} stay shut for the program */
    ssize_t length = pread(source, filter, sizeof filter, 0);
    if (length <= 0 || length % sizeof *filter) return 6; /* never without a filter */
    program.len = length / sizeof *filter;
    umask(022); /* folders on the way to a file that is put are for programs to read, whoever started the runner */
    int nul = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++)
        if (nul < 0 || dup2(nul, i) < 0) return 7;
    if (dup3(control, 3, O_CLOEXEC) < 0 && control != 3) return 8;
    control = 3;
    fcntl(control, F_SETFD, FD_CLOEXEC);
    syscall(NR_CLOSE_RANGE, 4, ~0u, 0);
    sigset_t mask;
    sigfillset(&mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    int signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    struct reply hello = {.op = OP_HELLO};
    answer(&hello);
    struct pollfd waits[2] = {{control, POLLIN, 0}, {signals, POLLIN, 0}};
    for (;;) {
        if (poll(waits, 2, -1) < 0 && errno != EINTR) return 4;
        if (waits[1].revents) {
            struct signalfd_siginfo info;
            if (read(signals, &info, sizeof info) > 0) reap();
        }
        if (!waits[0].revents) continue;
        int fds[MOST_FDS], count, n = receive(control, fds, &count);
        if (n == 0) return 0; /* the runner went away: PID 1 exits, the kernel ends the rest */
        if (n < 0) return 5;
        struct request *q = (void *)buffer;
        char *path = buffer + sizeof *q;
        switch (q->op) {
        case OP_PREP: prepare(fds, count); break;
        case OP_KILL: if (current) kill(-1, SIGKILL); break; /* answered by reap() */
        case OP_PUT: if (count == 1) put(path, q->mode, fds[0]); else return 5; close(fds[0]); break;
        case OP_GET: if (count == 1) get(path, q->size, fds[0]); else return 5; break;
        case OP_RESET: reset(path, buffer + n); break;
        case OP_MODE: change(path, q->mode); break;
        default: return 5;
        }
    }
}
