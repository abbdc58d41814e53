// verdict: TLE MLE RTE
// Files without content, as many as there can be.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    for (long i = 0;; i++) {
        char name[64];
        sprintf(name, "/tmp/%ld", i);
        int f = open(name, O_CREAT | O_WRONLY, 0600);
        if (f < 0) return 1;
        close(f);
    }
}
