// The usual beginning of a validator.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

static std::ifstream judge_in, judge_ans;
static std::istream author_out(std::cin.rdbuf());
static std::string feedback_dir;

static void wrong_answer(const std::string &why) {
    std::ofstream(feedback_dir + "judgemessage.txt") << why << std::endl;
    std::exit(43);
}

static void init_io(int argc, char **argv) {
    if (argc < 4) std::exit(1);
    judge_in.open(argv[1]);
    judge_ans.open(argv[2]);
    feedback_dir = argv[3];
    if (!judge_in || !judge_ans) std::exit(1);
}
