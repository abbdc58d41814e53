/* Tries every relay. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    int n;
    if (scanf("%d", &n) != 1) return 1;
    long long *energies = malloc(n * sizeof *energies);
    for (int i = 0; i < n; i++)
        if (scanf("%lld", &energies[i]) != 1) return 1;
    for (int l = 0; l < n; l++) {
        long long total = 0;
        for (int r = l; r < n; r++) {
            total += energies[r];
            if (total % n == 0) {
                printf("%d %d\n", l + 1, r + 1);
                return 0;
            }
        }
    }
    return 1;
}
