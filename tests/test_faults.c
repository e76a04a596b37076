/* test_faults.c - every call that the library makes fails in its turn: the answer is right, or an error is clear; nothing is left.
 *
 * For each fault and each scenario the Nth call fails, for N = 1, 2, ... until a run meets no failure any more. Without
 * PARSUM_TEST_LONG=1 large N are taken in steps: what allocates for every number has thousands of alike calls. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "fault_scenarios.h"

/* What may come of a fault: a mask of 1 << status. */
enum { RIGHT = 1 << PARSUM_OK, FAILED = 1 << PARSUM_FAILED, BAD_INPUT = 1 << PARSUM_BAD_INPUT };

typedef struct fault_row {
    fault_group group;
    int error;
    bool and_all_later;
    unsigned outcomes;
} fault_row;

static const fault_row rows[] = {
    /* First, while the table of mappings is still to be made. */
    {FAULT_MAP, ENOMEM, false, RIGHT | FAILED},
    {FAULT_MAP, ENOMEM, true, RIGHT | FAILED},
    {FAULT_MEMORY, ENOMEM, false, RIGHT | FAILED},
    {FAULT_MEMORY, ENOMEM, true, RIGHT | FAILED},
    {FAULT_OPEN, EINTR, false, RIGHT},
    {FAULT_OPEN, EMFILE, false, RIGHT | FAILED | BAD_INPUT},
    {FAULT_OPEN, EACCES, true, RIGHT | FAILED | BAD_INPUT},
    {FAULT_READ, EINTR, false, RIGHT},
    {FAULT_READ, EAGAIN, false, RIGHT},
    {FAULT_READ, FAULT_SHORT, false, RIGHT},
    {FAULT_READ, FAULT_SHORT, true, RIGHT},
    {FAULT_READ, EIO, false, RIGHT | BAD_INPUT},
    {FAULT_READ, EIO, true, RIGHT | BAD_INPUT},
    {FAULT_WRITE, EINTR, false, RIGHT},
    {FAULT_WRITE, FAULT_SHORT, true, RIGHT},
    {FAULT_WRITE, ENOSPC, false, FAILED},
    {FAULT_WRITE, EIO, true, FAILED},
    {FAULT_STORE, EIO, false, RIGHT | FAILED},
    {FAULT_STORE, EPERM, true, RIGHT | FAILED},
    {FAULT_LOOK, EIO, false, RIGHT | FAILED | BAD_INPUT},
    {FAULT_LOOK, ENOMEM, true, RIGHT | FAILED | BAD_INPUT},
    {FAULT_PROCESS, EAGAIN, false, RIGHT | FAILED},
    {FAULT_PROCESS, ENOMEM, true, RIGHT | FAILED},
    {FAULT_SOCKET, EMFILE, false, RIGHT | FAILED},
    {FAULT_SOCKET, ENOBUFS, true, RIGHT | FAILED},
    {FAULT_THREAD, EAGAIN, false, RIGHT | FAILED},
    {FAULT_THREAD, EAGAIN, true, RIGHT | FAILED},
    {FAULT_POLL, EINTR, false, RIGHT},
    {FAULT_POLL, ENOMEM, false, RIGHT},
    {FAULT_SEND, EINTR, false, RIGHT | FAILED},
    {FAULT_SEND, ENOBUFS, false, RIGHT | FAILED},
    {FAULT_SEND, ENOBUFS, true, FAILED},
    {FAULT_RECEIVE, EINTR, false, RIGHT},
    {FAULT_RECEIVE, ECONNRESET, false, RIGHT | FAILED},
    {FAULT_WAIT, EINTR, false, RIGHT},
    {FAULT_CLOSE, EIO, false, RIGHT | FAILED},
    {FAULT_INFLATE, ENOMEM, false, FAILED},
    {FAULT_ZSTD, ENOMEM, false, FAILED},
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

/* What is in work, for the handler of a run that hangs. */
static char current[256];

static void on_hang(int signal_number) {
    static const char said[] = "no end: ";
    (void)signal_number;
    if (write(STDERR_FILENO, said, sizeof said - 1) < 0 ||
        write(STDERR_FILENO, current, strlen(current)) < 0 || write(STDERR_FILENO, "\n", 1) < 0)
        _exit(2);
    _exit(1);
}

static unsigned count_entries(const char *path) {
    unsigned count = 0;
    DIR *folder = opendir(path);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

/* Those that there are before any run: the thread sanitizer has one of its own as soon as there was any. */
static unsigned own_threads;

static void *do_nothing(void *argument) {
    return argument;
}

static void count_own_threads(void) {
    enum { UNTIL_IT_IS_GONE_MS = 50 };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, do_nothing, NULL), 0);
    pthread_join(thread, NULL);
    test_sleep_ms(UNTIL_IT_IS_GONE_MS);
    own_threads = count_entries("/proc/self/task");
}

/* Threads that were joined may still be seen for a moment. */
static bool has_threads(void) {
    for (int i = 0; i < 2000 && count_entries("/proc/self/task") > own_threads; i++)
        test_sleep_ms(1);
    return count_entries("/proc/self/task") > own_threads;
}

/* NULL, or what is wrong with a run under a fault. */
static const char *complaint(const fault_row *row, const fault_run *run, unsigned files_before) {
    if (run->status == PARSUM_OK && !run->right)
        return "a wrong answer";
    const unsigned outcomes = run->outcome.failed > 0 ? row->outcomes : RIGHT;
    if (!(outcomes >> run->status & 1))
        return "this must not come of such a fault";
    if (run->status != PARSUM_OK && (run->error.status != run->status || strlen(run->error.message) < 10))
        return "no sentence";
    if (strstr(run->error.message, "report this") != NULL || strstr(run->error.message, "defect") != NULL)
        return "a sentence for defects";
    if (run->touched)
        return "an output argument was changed";
    if (run->outcome.allocations > 0)
        return "memory is left";
    if (run->outcome.mappings > 0)
        return "a mapping is left";
    if (count_entries("/proc/self/fd") != files_before)
        return "a file is left open";
    if (test_has_child())
        return "a child is left";
    if (has_threads())
        return "a thread is left";
    return fault_files_are_whole() ? NULL : "files are left, or damaged";
}

/* Fewer workers are no error, but said. The first of each kind is not one fewer, but none at all. */
static bool is_silent(const fault_row *row, const fault_run *run) {
    const bool workers =
        row->group == FAULT_PROCESS || row->group == FAULT_SOCKET || row->group == FAULT_THREAD;
    return workers && run->status == PARSUM_OK && run->outcome.failed > 0 &&
           test_notices_with(&run->notices, "could be started") == 0;
}

/* All N of one fault in one scenario; how many failures there were. */
static uint64_t try_all(const fault_row *row, const fault_scenario *scenario) {
    enum { MOST = 20000, HANG_SECONDS = 60, SMALL = 64 };
    static fault_run run;
    uint64_t failures = 0;
    const bool all = getenv("PARSUM_TEST_LONG") != NULL;
    for (uint64_t nth = 1;; nth += all || nth < SMALL ? 1 : nth / 4) {
        const fault_plan plan = {row->group, nth, row->and_all_later, row->error};
        const unsigned files_before = count_entries("/proc/self/fd");
        snprintf(current, sizeof current, "%s, call %llu of %s%s fails (%s)", scenario->name,
                 (unsigned long long)nth, fault_group_name(row->group),
                 row->and_all_later ? " and all later" : "",
                 row->error == FAULT_SHORT ? "short" : strerror(row->error));
        alarm(HANG_SECONDS);
        fault_scenario_run(scenario, &plan, &run);
        alarm(0);
        const char *wrong = complaint(row, &run, files_before);
        if (wrong != NULL)
            fail_msg("%s: %s; status %d, %s; %u allocations", current, wrong, (int)run.status,
                     run.error.message, run.outcome.allocations);
        if (is_silent(row, &run))
            fail_msg("%s: nothing was said of fewer workers", current);
        failures += run.outcome.failed;
        if (run.outcome.failed == 0)
            return failures;
        assert_true(nth < MOST);
    }
}

static void test_every_call_fails_once(void **state) {
    uint64_t failures[FAULT_GROUP_COUNT] = {0};
    (void)state;
    signal(SIGALRM, on_hang);
    count_own_threads();
    for (size_t s = 0; s < fault_scenario_count; s++) {
        const double start = ps_clock_seconds();
        uint64_t before = 0, after = 0;
        for (size_t g = 0; g < FAULT_GROUP_COUNT; g++)
            before += failures[g];
        for (size_t r = 0; r < ROW_COUNT; r++)
            failures[rows[r].group] += try_all(&rows[r], &fault_scenarios[s]);
        for (size_t g = 0; g < FAULT_GROUP_COUNT; g++)
            after += failures[g];
        printf("%-36s %5llu failures, %.1f s\n", fault_scenarios[s].name,
               (unsigned long long)(after - before), ps_clock_seconds() - start);
        fflush(stdout);
    }
    for (size_t g = 0; g < FAULT_GROUP_COUNT; g++) {
        if (failures[g] == 0)
            fail_msg("no call of %s was ever reached", fault_group_name((fault_group)g));
    }
}

/* ---- two faults at once */

static atomic_uint *deaths_left; /* in memory that the workers share */

static void fold_or_die(const ps_isa *isa, const ps_block *block, unsigned needs, ps_partial *partial) {
    unsigned left = atomic_load(deaths_left);
    if (left > 0 && atomic_compare_exchange_strong(deaths_left, &left, left - 1))
        kill(getpid(), SIGKILL);
    ps_fold_block(isa, block, needs, partial);
}

/* A worker is killed, and a wait is interrupted: the dead are reaped, and those that are ended at last. */
static void test_waits_interrupted_beside_deaths(void **state) {
    enum { MOST = 200 };
    const parsum_range range = {0, 1000, 1};
    (void)state;
    signal(SIGALRM, on_hang);
    deaths_left = mmap(NULL, sizeof *deaths_left, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (uint64_t nth = 1; nth <= MOST; nth++) {
        const fault_plan plan = {FAULT_WAIT, nth, false, EINTR};
        static test_notices notices;
        ps_job job = test_job(FAULT_WORKERS, 100, PS_NEED_SUM);
        ps_engine_state *engine = NULL;
        ps_integer_partial total;
        notices.count = 0;
        job.fold = fold_or_die;
        job.monitor = (ps_monitor){.notice = test_notices_add, .user = &notices};
        atomic_store(deaths_left, 1);
        snprintf(current, sizeof current, "a dead worker, wait %llu is interrupted", (unsigned long long)nth);
        fault_start(&plan);
        assert_int_equal(ps_engine_fork.open(&job, &engine, NULL), PARSUM_OK);
        assert_int_equal(test_engine_run(engine, &range, 1, &total, NULL), PARSUM_OK);
        ps_engine_fork.close(engine);
        const fault_outcome outcome = fault_stop();
        assert_int_equal(total.sum.limb[0], 499500);
        assert_int_equal(test_notices_with(&notices, "was killed by signal 9"), 1);
        assert_false(test_has_child());
        assert_int_equal(outcome.allocations + outcome.mappings, 0);
        if (outcome.failed == 0 && nth > 1)
            break;
        assert_true(nth < MOST);
    }
    munmap((void *)deaths_left, sizeof *deaths_left);
}

static void test_without_faults(void **state) {
    static fault_run run;
    (void)state;
    for (size_t i = 0; i < fault_scenario_count; i++) {
        const fault_plan none = {.nth = 0};
        fault_scenario_run(&fault_scenarios[i], &none, &run);
        if (!run.right || run.notices.count > 0 || run.outcome.allocations > 0)
            fail_msg("%s: status %d, %s", fault_scenarios[i].name, (int)run.status, run.error.message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        /* First, since what is made once is made here: the table of mappings. */
        cmocka_unit_test_setup(test_every_call_fails_once, test_guard),
        cmocka_unit_test_setup(test_waits_interrupted_beside_deaths, test_guard),
        cmocka_unit_test_setup(test_without_faults, test_guard),
    };
    return cmocka_run_group_tests(tests, fault_files_make, fault_files_remove);
}
