// Keeps a counter for every moment of the season, block by block: 4 GB of them.
#include <cstdio>
#include <memory>
#include <vector>

int main() {
    const int block = 1 << 20, end = 1000000001;
    std::vector<std::unique_ptr<int[]>> counters;
    for (int start = 0; start < end; start += block) {
        counters.emplace_back(new int[block]);
        for (int i = 0; i < block; i++) counters.back()[i] = i & 1;
    }
    long long sum = 0;
    for (auto &counter : counters) sum += counter[7];
    std::printf("%lld 0\n", sum);
}
