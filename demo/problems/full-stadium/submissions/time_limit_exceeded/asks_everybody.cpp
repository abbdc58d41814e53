// For every arrival asks every visitor whether they are inside.
#include <algorithm>
#include <cstdio>
#include <vector>

int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    std::vector<int> comes(n), goes(n);
    for (int i = 0; i < n; i++)
        if (std::scanf("%d %d", &comes[i], &goes[i]) != 2) return 1;
    int best = 0, at = 0;
    for (int i = 0; i < n; i++) {
        volatile int inside = 0;
        for (int j = 0; j < n; j++)
            if (comes[j] <= comes[i] && comes[i] < goes[j]) inside = inside + 1;
        if (inside > best || (inside == best && comes[i] < at)) best = inside, at = comes[i];
    }
    std::printf("%d %d\n", best, at);
}
