"""Two programs that do what a case tells them, letter by letter, so that every combination of ends can be tried with one compilation.

A case's input is two words: what the interactor does, and what the solution does, which hears it from the interactor as its first line.
"""

from __future__ import annotations

_DOES = r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <time.h>
#include <unistd.h>

static char line[1000];
static void say(const char *word) { puts(word); fflush(stdout); }
static void doze(long ms) { struct timespec t = {ms / 1000, ms % 1000 * 1000000}; nanosleep(&t, 0); }
static void burn(long ms) { clock_t end = clock() + ms * (CLOCKS_PER_SEC / 1000); while (clock() < end); }

static void does(const char *what)
{
    for (; *what; what++) switch (*what) {
    case 'r': say("right"); break;
    case 'w': say("wrong"); break;
    case 'l': if (!fgets(line, sizeof line, stdin)) *line = 0; break;          /* hears a line, or nothing */
    case 'x': if (!fgets(line, sizeof line, stdin)) exit(5); break;            /* cannot do without that line */
    case 'u': while (fgets(line, sizeof line, stdin)); break;                  /* hears everything */
    case 'i': fclose(stdin); break;
    case 'o': fclose(stdout); break;
    case 's': doze(30); break;
    case 'N': doze(100000); break;
    case 'P': for (;;) pause();
    case 'b': burn(20); break;
    case 'B': burn(100000); break;
    case 'F': for (;;) say("flood");
    case 'M': for (;;) memset(malloc(1 << 20), 1, 1 << 20);
    case 'Y': ptrace(PTRACE_TRACEME, 0, 0, 0); break;
    case 'K': raise(SIGPIPE); break;
    case 'a': abort();
    case 'j': if (!fgets(line, sizeof line, stdin) || strcmp(line, "right\n")) exit(43); break;     /* judges a line */
    case 'd': if (!fgets(line, sizeof line, stdin)) { fputs("EOFError", stderr); exit(1); } if (strcmp(line, "right\n")) exit(43); break;
    case 'A': exit(42);
    case 'W': exit(43);
    case '0': exit(0);
    case '1': exit(1);
    }
}
"""
SOLUTION = _DOES + "int main(void) { char what[100]; if (!fgets(what, sizeof what, stdin)) return 9; does(what); return 0; }"
INTERACTOR = (
    _DOES
    + 'int main(int n, char **v) { char mine[100], theirs[100]; FILE *in = fopen(v[n - n + 1], "r"); '
    + 'if (!in || fscanf(in, "%99s %99s", mine, theirs) != 2) return 2; say(theirs); does(mine); return 42; }'
)
