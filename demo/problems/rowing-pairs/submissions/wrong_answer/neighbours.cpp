// Pairs the two lightest that are left, which leaves the heavy ones alone.
#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    long long n, w, boats = 0;
    std::cin >> n >> w;
    std::vector<long long> weights(n);
    for (auto &weight : weights) std::cin >> weight;
    std::sort(weights.begin(), weights.end());
    for (long long i = 0; i < n; i++, boats++)
        if (i + 1 < n && weights[i] + weights[i + 1] <= w) i++;
    std::cout << boats << "\n";
}
