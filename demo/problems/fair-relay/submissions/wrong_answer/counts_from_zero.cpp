// Finds the relay and counts runners from 0.
#include <iostream>
#include <vector>

int main() {
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
            std::cout << seen[total] << " " << i - 1 << "\n";
            return 0;
        }
        seen[total] = i;
    }
}
