/* Rounds to two digits. */
#include <math.h>
#include <stdio.h>

int main(void) {
    int q;
    if (scanf("%d", &q) != 1) return 1;
    while (q--) {
        double w, x1, y1, x2, y2;
        if (scanf("%lf %lf %lf %lf %lf", &w, &x1, &y1, &x2, &y2) != 5) return 1;
        double x = y1 + y2 > 0 ? x1 + (x2 - x1) * y1 / (y1 + y2) : x1;
        if (x < 0) x = 0;
        if (x > w) x = w;
        printf("%.2f\n", sqrt((x1 - x) * (x1 - x) + y1 * y1) + sqrt((x2 - x) * (x2 - x) + y2 * y2));
    }
    return 0;
}
