// verdict: CE
// Complaints without end: they are cut.
#define A @ x y; @ x y; @ x y; @ x y; @ x y; @ x y; @ x y; @ x y;
#define B A A A A A A A A
#define C B B B B B B B B
#define D C C C C C C C C
D D D D D D D D D D D D
