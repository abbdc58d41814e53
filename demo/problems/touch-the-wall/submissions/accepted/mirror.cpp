// Mirrors the goal in the wall's line, and stays on the wall.
#include <algorithm>
#include <cmath>
#include <cstdio>

int main() {
    int q;
    if (std::scanf("%d", &q) != 1) return 1;
    while (q--) {
        double w, x1, y1, x2, y2;
        if (std::scanf("%lf %lf %lf %lf %lf", &w, &x1, &y1, &x2, &y2) != 5) return 1;
        double x = y1 + y2 > 0 ? x1 + (x2 - x1) * y1 / (y1 + y2) : x1;
        x = std::min(std::max(x, 0.0), w);
        std::printf("%.10f\n", std::hypot(x1 - x, y1) + std::hypot(x2 - x, y2));
    }
}
