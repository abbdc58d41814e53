// verdict: TLE RTE
// Threads until there are no more, each of them spinning.
#include <pthread.h>
#include <stdlib.h>
static void *spin(void *x) { for (;;) {} return x; }
int main(void) {
    pthread_t t;
    for (;;) if (pthread_create(&t, 0, spin, 0)) for (;;) {}
}
