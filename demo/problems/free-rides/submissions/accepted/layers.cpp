// Dijkstra over towns and vouchers used.
#include <iostream>
#include <queue>
#include <tuple>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
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
    const long long far = 1LL << 60;
    std::vector<std::vector<long long>> best(k + 1, std::vector<long long>(n, far));
    using State = std::tuple<long long, int, int>;
    std::priority_queue<State, std::vector<State>, std::greater<State>> queue;
    queue.emplace(best[0][0] = 0, 0, 0);
    while (!queue.empty()) {
        auto [cost, used, u] = queue.top();
        queue.pop();
        if (cost > best[used][u]) continue;
        if (u == n - 1) {
            std::cout << cost << "\n";
            return 0;
        }
        for (auto [v, c] : rides[u]) {
            if (cost + c < best[used][v]) queue.emplace(best[used][v] = cost + c, used, v);
            if (used < k && cost < best[used + 1][v]) queue.emplace(best[used + 1][v] = cost, used + 1, v);
        }
    }
    std::cout << "-1\n";
}
