/* coverage_exit.c - _exit that keeps the counts of lines, in the build that counts them (ld's --wrap). Knows nothing of the
 * library. */
#include <unistd.h>

void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status) {
    __gcov_dump();
    __real__exit(status);
}
