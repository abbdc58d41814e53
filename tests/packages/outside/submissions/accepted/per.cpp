#include <iostream>
#include <string>
#include <unordered_map>
using namespace std;

int main() {
    ios::sync_with_stdio(false);
    int n;
    cin >> n;
    unordered_map<string, int> seen;
    string w;
    for (int i = 1; i <= n; ++i) {
        cin >> w;
        if (auto [it, fresh] = seen.emplace(w, i); !fresh) {
            cout << it->second << ' ' << i << endl;
            return 0;
        }
    }
    cout << "impossible" << endl;
}
