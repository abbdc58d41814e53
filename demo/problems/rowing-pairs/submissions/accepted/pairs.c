#include <stdio.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

int main(void) {
    int n, w;
    if (scanf("%d %d", &n, &w) != 2) return 1;
    int *weights = malloc(n * sizeof *weights);
    for (int i = 0; i < n; i++)
        if (scanf("%d", &weights[i]) != 1) return 1;
    qsort(weights, n, sizeof *weights, ascending);
    int boats = 0;
    for (int light = 0, heavy = n - 1; light <= heavy; heavy--, boats++)
        if (light < heavy && weights[light] <= w - weights[heavy]) light++;
    printf("%d\n", boats);
    free(weights);
    return 0;
}
