// verdict: AC
// Without stdin, stdout and stderr there is nobody to hear.
#include <fcntl.h>
#include <unistd.h>
int main(void) {
    for (int i = 0; i < 1024; i++) close(i);
    for (int i = 0; i < 3; i++) open("/dev/zero", O_RDWR);
    return write(1, "x", 1) != 1;
}
