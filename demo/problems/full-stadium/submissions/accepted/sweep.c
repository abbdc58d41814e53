#include <stdio.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static int number(void) {
    int c = getchar(), value = 0;
    while (c < '0') c = getchar();
    for (; c >= '0'; c = getchar()) value = 10 * value + c - '0';
    return value;
}

int main(void) {
    int n = number();
    int *comes = malloc(n * sizeof *comes), *goes = malloc(n * sizeof *goes);
    for (int i = 0; i < n; i++) comes[i] = number(), goes[i] = number();
    qsort(comes, n, sizeof *comes, ascending);
    qsort(goes, n, sizeof *goes, ascending);
    int inside = 0, best = 0, at = 0, gone = 0;
    for (int i = 0; i < n; i++) {
        while (goes[gone] <= comes[i]) gone++, inside--;
        if (++inside > best) best = inside, at = comes[i];
    }
    printf("%d %d\n", best, at);
    free(comes);
    free(goes);
    return 0;
}
