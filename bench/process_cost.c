/* process_cost REPORT COMMAND [ARGUMENT...]: runs the command and writes its wall time and peak memory as JSON to
 * the file REPORT. Its own process, because Linux counts the memory of whoever starts a program into that
 * program's peak: started from a Python of 20 MiB, nothing would ever show less than 20 MiB.
 * The peak is that of the largest single process: the command or one of the children it waited for. */
#include "machine.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: process_cost REPORT COMMAND [ARGUMENT...]\n");
        return 2;
    }
    pid_t pid;
    double begin_seconds = now_seconds();
    int error = posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ);
    if (error != 0) {
        fprintf(stderr, "process_cost: %s: %s\n", argv[2], strerror(error));
        return 127;
    }
    int status;
    struct rusage usage;
    while (wait4(pid, &status, 0, &usage) < 0)
        if (errno != EINTR)
            return 1;
    double wall_seconds = now_seconds() - begin_seconds;
    FILE *report = fopen(argv[1], "w");
    if (!report) {
        fprintf(stderr, "process_cost: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    /* A shell's convention: 128 and the signal for a command that was killed. */
    int exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(report, "{\"wall_seconds\":%.9f,\"peak_bytes\":%lld,\"exit_status\":%d}\n", wall_seconds,
            (long long)usage.ru_maxrss * 1024, exit_status);
    return fclose(report) == 0 ? exit_status : 1;
}
