// Takes the cheapest route and uses the vouchers on its dearest rides.
#include <algorithm>
#include <functional>
#include <iostream>
#include <numeric>
#include <queue>
#include <vector>

int main() {
    int n, m, k;
    std::cin >> n >> m >> k;
    std::vector<std::vector<std::pair<int, long long>>> rides(n);
    while (m--) {
        int u, v;
        long long c;
        std::cin >> u >> v >> c;
        rides[--u].emplace_back(--v, c);
        rides[v].emplace_back(u, c);
    }
    std::vector<long long> best(n, 1LL << 60), paid(n);
    std::vector<int> from(n, -1);
    std::priority_queue<std::pair<long long, int>, std::vector<std::pair<long long, int>>, std::greater<>> queue;
    queue.emplace(best[0] = 0, 0);
    while (!queue.empty()) {
        auto [cost, u] = queue.top();
        queue.pop();
        if (cost > best[u]) continue;
        for (auto [v, c] : rides[u])
            if (cost + c < best[v]) from[v] = u, paid[v] = c, queue.emplace(best[v] = cost + c, v);
    }
    if (n > 1 && from[n - 1] < 0) {
        std::cout << "-1\n";
        return 0;
    }
    std::vector<long long> costs;
    for (int u = n - 1; u != 0; u = from[u]) costs.push_back(paid[u]);
    std::sort(costs.begin(), costs.end());
    long long total = 0;
    for (int i = 0; i + k < (int)costs.size(); i++) total += costs[i];
    std::cout << total << "\n";
}
