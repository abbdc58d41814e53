#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>
#include "validate.h"

using namespace std;

int main(int argc, char **argv) {
    init_io(argc, argv);
    bool quiet = false;
    for (int i = 4; i < argc; ++i) quiet |= !strcmp(argv[i], "quiet");

    int n;
    judge_in >> n;
    vector<string> words(n);
    for (string &w : words) judge_in >> w;
    string first;
    judge_ans >> first;

    string answer;
    if (!(author_out >> answer)) wrong_answer("no output");
    if (answer == "impossible") {
        if (first != "impossible") wrong_answer("there is a pair");
    } else {
        if (first == "impossible") wrong_answer(quiet ? "no" : "there is no pair, but got " + answer);
        size_t used = 0;
        int i = 0, j;
        try {
            i = stoi(answer, &used);
        } catch (const exception &) {
            used = 0;
        }
        if (used != answer.size() || !(author_out >> j)) wrong_answer("not two integers");
        if (!(1 <= i && i < j && j <= n)) wrong_answer("places out of order or range");
        if (words[i - 1] != words[j - 1]) wrong_answer(words[i - 1] + " is not " + words[j - 1]);
    }
    if (author_out >> answer) wrong_answer("trailing output");
    return 42;
}
