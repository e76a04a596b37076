/* peak_memory.c - runs a program and says how much memory it held at most: peak_memory FILE PROGRAM [ARGS...].
 *
 * FILE gets the bytes, those of the one process that held most, its waited-for children included. A process begins with the
 * peak of the one that started it, so that this has to be a small one. Ends as the program did: with its status, or 128 and the
 * number of its signal. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argument_count, char **arguments) {
    struct rusage usage;
    int status = 0;
    if (argument_count < 3)
        return EXIT_FAILURE;
    const pid_t child = fork();
    if (child == 0) {
        execv(arguments[2], arguments + 2);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return EXIT_FAILURE;
    FILE *const file = fopen(arguments[1], "w");
    if (file == NULL || fprintf(file, "%ld\n", usage.ru_maxrss * 1024) < 0 || fclose(file) != 0)
        return EXIT_FAILURE;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
