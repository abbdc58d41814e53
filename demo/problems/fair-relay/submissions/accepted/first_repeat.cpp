// Of n + 1 prefix sums two leave the same rest.
#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    std::cin >> n;
    std::vector<int> seen(n, -1);
    seen[0] = 0;
    long long total = 0;
    for (int i = 1; i <= n; i++) {
        long long energy;
        std::cin >> energy;
        total = (total + energy) % n;
        if (seen[total] >= 0) {
            std::cout << seen[total] + 1 << " " << i << "\n";
            return 0;
        }
        seen[total] = i;
    }
}
