#include <stdio.h>

int main(void) {
    int n, total = 0, best = 1 << 30, which = 0;
    if (scanf("%d", &n) != 1) return 1;
    for (int i = 1; i <= n; i++) {
        int m, s;
        if (scanf("%d:%d", &m, &s) != 2) return 1;
        int time = 60 * m + s;
        total += time;
        if (time < best) {
            best = time;
            which = i;
        }
    }
    printf("%d:%02d:%02d\n%d\n", total / 3600, total / 60 % 60, total % 60, which);
    return 0;
}
