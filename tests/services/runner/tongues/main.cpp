#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>
static volatile int spins;
int deep(int n) { return n == 0 ? spins : 1 + deep(n - 1) + (spins & 0); }
int fall(int n) { volatile char room[64]; room[0] = char(n); return fall(n + 1) + room[0]; }
int main(int count, char **given) {
    std::string word;
    int a, b;
    std::cin >> word >> a >> b;
    if (word == "sum") std::cout << a + b;
    if (word == "deep") std::cout << deep(a);
    if (word == "throw") throw std::runtime_error("thrown");
    if (word == "loop") for (;;) spins = 0;
    if (word == "hog") for (std::vector<std::string> all;;) all.emplace_back(1 << 20, 'x');
    if (word == "given") {
        for (int i = 1; i < count; i++) std::cout << "[" << given[i] << "]";
        std::cout << std::ifstream("map/a.txt").rdbuf();
    }
    if (word == "fall") std::cout << fall(0);
}
