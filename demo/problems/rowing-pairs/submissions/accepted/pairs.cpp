#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    long long n, w;
    std::cin >> n >> w;
    std::vector<long long> weights(n);
    for (auto &weight : weights) std::cin >> weight;
    std::sort(weights.begin(), weights.end());
    long long light = 0, heavy = n - 1, boats = 0;
    while (light <= heavy) {
        if (light < heavy && weights[light] + weights[heavy] <= w) light++;
        heavy--;
        boats++;
    }
    std::cout << boats << "\n";
}
