/* Adds up costs in 32 bits: Bellman and Ford over layers. */
#include <stdio.h>

int n, m, k, u[10000], v[10000], c[10000], best[9][2001];

static int relax(int *to, int cost) {
    if (cost >= *to) return 0;
    *to = cost;
    return 1;
}

int main(void) {
    if (scanf("%d %d %d", &n, &m, &k) != 3) return 1;
    for (int i = 0; i < m; i++)
        if (scanf("%d %d %d", &u[i], &v[i], &c[i]) != 3) return 1;
    for (int used = 0; used <= k; used++)
        for (int town = 1; town <= n; town++) best[used][town] = 2000000000;
    best[0][1] = 0;
    for (int used = 0; used <= k; used++)
        for (int round = 0, moved = 1; moved && round < n; round++) {
            moved = 0;
            for (int i = 0; i < m; i++) {
                int a = best[used][u[i]], b = best[used][v[i]];
                if (a < 2000000000) {
                    moved |= relax(&best[used][v[i]], (int)((unsigned)a + (unsigned)c[i]));
                    if (used < k) relax(&best[used + 1][v[i]], a);
                }
                if (b < 2000000000) {
                    moved |= relax(&best[used][u[i]], (int)((unsigned)b + (unsigned)c[i]));
                    if (used < k) relax(&best[used + 1][u[i]], b);
                }
            }
        }
    int answer = 2000000000;
    for (int used = 0; used <= k; used++)
        if (best[used][n] < answer) answer = best[used][n];
    printf("%d\n", answer == 2000000000 ? -1 : answer);
    return 0;
}
