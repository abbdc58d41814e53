/* Gives up when there are many rowers. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    int n, w;
    if (scanf("%d %d", &n, &w) != 2) return 1;
    if (n > 0) abort();
    return 0;
}
