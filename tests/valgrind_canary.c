/* valgrind_canary.c - a mistake on purpose, made by a forked child: what shows that the check by valgrind can fail. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int *volatile number = malloc(sizeof *number); /* never written */
    const pid_t pid = fork();
    if (pid == 0) {
        const char *said = *number == 42 ? "a" : "b";
        _exit(write(STDOUT_FILENO, said, 1) != 1);
    }
    waitpid(pid, NULL, 0);
    free(number);
    return 0;
}
