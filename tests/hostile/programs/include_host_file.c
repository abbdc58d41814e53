// verdict: CE
// silent: root:
#include "/etc/passwd"
#include "/etc/shadow"
int main(void) { return 0; }
