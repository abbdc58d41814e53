#include <algorithm>
#include <iostream>
#include <utility>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    std::cin >> n;
    std::vector<std::pair<int, int>> events;
    for (int i = 0; i < n; i++) {
        int a, b;
        std::cin >> a >> b;
        events.emplace_back(a, 1);
        events.emplace_back(b, -1);  // sorts before those who come at that moment
    }
    std::sort(events.begin(), events.end());
    int inside = 0, best = 0, at = 0;
    for (auto [moment, change] : events) {
        inside += change;
        if (inside > best) best = inside, at = moment;
    }
    std::cout << best << " " << at << "\n";
}
