/* test_study.c - the study: its processes, and its sentences for measurements that are made up. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "study/apart.h"
#include "study/rows.h"
#include "study/workers.h"
#include "support.h"

static const ps_study_request plain_request = {.tasks = 4, .count = 1000, .workers = 2};

/* ---- processes */

static void exit_with_3(const ps_study_request *request, void *seen) {
    (void)request;
    (void)seen;
    _exit(3);
}

static void crash(const ps_study_request *request, void *seen) {
    (void)request;
    (void)seen;
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void sleep_long(void *context) {
    (void)context;
    for (;;)
        pause();
}

/* Leaves a child of its own behind, if it can, and sleeps. seen gets the child's number. */
static void have_a_child(const ps_study_request *request, void *seen) {
    (void)request;
    *(_Atomic pid_t *)seen = ps_study_fork(sleep_long, NULL);
    sleep_long(NULL);
}

static int is_set(void *user) {
    return *(_Atomic pid_t *)user != 0;
}

static void test_a_row_that_dies_is_told(void **state) {
    parsum_error error;
    (void)state;
    assert_int_equal(ps_study_run_apart(&plain_request, exit_with_3, NULL, 0, &error), PARSUM_FAILED);
    assert_non_null(strstr(error.message, "status 3"));
    assert_int_equal(ps_study_run_apart(&plain_request, crash, NULL, 0, &error), PARSUM_FAILED);
    assert_non_null(strstr(error.message, "signal 11"));
}

/* Whether it is neither there nor a zombie. */
static void assert_gone(pid_t process) {
    assert_true(process > 0);
    for (int i = 0; i < 2000 && kill(process, 0) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(kill(process, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void test_a_row_that_is_late_or_cancelled_leaves_nothing(void **state) {
    _Atomic pid_t *child = ps_study_share(sizeof *child);
    ps_study_request request = plain_request;
    parsum_error error;
    (void)state;
    assert_int_equal(ps_study_run_apart(&request, have_a_child, child, 0.2, &error), PARSUM_FAILED);
    assert_non_null(strstr(error.message, "did not end within"));
    assert_gone(*child);

    *child = 0;
    request.cancelled = is_set;
    request.user = child;
    assert_int_equal(ps_study_run_apart(&request, have_a_child, child, 0, &error), PARSUM_CANCELLED);
    assert_gone(*child);
    ps_study_unshare(child, sizeof *child);
}

/* ---- sentences for what might be seen */

typedef struct made_up_counting {
    unsigned cpus, tasks;
    double serial, threads, processes;               /* wall seconds */
    double threads_cpu, processes_cpu;               /* CPU seconds */
    const char *threads_refusal, *processes_refusal; /* NULL: none */
    const char *expected[3];
    const char *python_expected; /* NULL: not asked */
} made_up_counting;

static ps_study_counting counting(double wall, double cpu, const char *refusal) {
    ps_study_counting made = {.started = 7};
    if (refusal != NULL) {
        snprintf(made.refusal, sizeof made.refusal, "%s", refusal);
        return made;
    }
    made.run_count = 1;
    made.wall_seconds[0] = wall;
    made.cpu_seconds[0] = cpu;
    return made;
}

static void assert_says(const char *sentence, const char *expected) {
    if (expected != NULL && strstr(sentence, expected) == NULL)
        fail_msg("'%s' is not in: %s", expected, sentence);
}

static void test_sentences_of_counting(void **state) {
    static const made_up_counting cases[] = {
        {1,
         12,
         1.0,
         1.0,
         1.02,
         1.0,
         1.0,
         NULL,
         NULL,
         {"There is 1 CPU", "1.00", "take turns"},
         "There is 1 CPU"},
        {2,
         12,
         1.0,
         0.5,
         0.52,
         1.0,
         1.0,
         NULL,
         NULL,
         {"On 2 CPUs", "12 threads are 2.00", "as good as"},
         "do run at once"},
        {4,
         12,
         1.0,
         0.25,
         0.5,
         1.0,
         1.0,
         NULL,
         NULL,
         {"4.00 times", "threads are 2.00 times as fast as the proc"},
         NULL},
        {4,
         12,
         1.0,
         1.0,
         0.25,
         1.0,
         1.0,
         NULL,
         NULL,
         {"The processes speed", "the threads do not"},
         "take turns under the interpreter's lock: 12 threads are 1.00"},
        /* Less disturbed, but still one CPU at a time. */
        {2, 12, 1.0, 0.6, 0.5, 0.6, 1.0, NULL, NULL, {"The processes speed"}, "take turns under"},
        {2, 12, 1.0, 1.0, 1.1, 1.0, 1.0, NULL, NULL, {"There are 2 CPUs, and yet"}, "does not show"},
        {2, 12, 1.0, 0.2, 0.25, 1.0, 1.0, NULL, NULL, {"5.00", "more than 2 CPUs can give"}, NULL},
        {2, 1, 1.0, 1.0, 1.0, 1.0, 1.0, NULL, NULL, {"One task cannot be shared"}, NULL},
        {2,
         12,
         1.0,
         0.5,
         0.5,
         1.0,
         1.0,
         "no more",
         NULL,
         {"After 7 of 12 a further thread could not be started (no more)", "--tasks"},
         "a further thread"},
        {2,
         12,
         1.0,
         0.5,
         0.5,
         1.0,
         1.0,
         NULL,
         "none",
         {"After 7 of 12 a further process could"},
         "a further process"},
    };
    static ps_study study;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const made_up_counting *made = &cases[i];
        ps_study_row row = {.name = "count"}, python_row = {.name = "count_python"};
        ps_study_count_seen seen = {
            {counting(made->serial, made->serial, NULL),
             counting(made->threads, made->threads_cpu, made->threads_refusal),
             counting(made->processes, made->processes_cpu, made->processes_refusal)}};
        ps_study_python_seen python_seen = {.version = "made up"};
        memcpy(python_seen.ways, seen.ways, sizeof seen.ways);
        study.cpus = made->cpus;
        study.request.tasks = made->tasks;
        ps_study_tell_count(&study, &seen, &row);
        for (int k = 0; k < 3; k++)
            assert_says(row.sentence, made->expected[k]);
        ps_study_tell_python(&study, &python_seen, &python_row);
        assert_says(python_row.sentence, made->python_expected);
    }
}

/* One task after another got but half a CPU. */
static void test_sentences_of_a_busy_machine(void **state) {
    static const char *const expected = "too little to tell (0.50 of one";
    static ps_study study;
    ps_study_row row = {.name = "count"}, python_row = {.name = "count_python"};
    const ps_study_count_seen seen = {
        {counting(2.0, 1.0, NULL), counting(1.1, 1.0, NULL), counting(1.2, 1.0, NULL)}};
    ps_study_python_seen python_seen = {.version = "made up"};
    (void)state;
    memcpy(python_seen.ways, seen.ways, sizeof seen.ways);
    study.cpus = 2;
    study.request.tasks = 12;
    ps_study_tell_count(&study, &seen, &row);
    assert_says(row.sentence, expected);
    ps_study_tell_python(&study, &python_seen, &python_row);
    assert_says(python_row.sentence, expected);
}

static void test_sentences_of_single_rows(void **state) {
    static ps_study study;
    ps_study_row row = {0};
    (void)state;
    ps_study_create_seen create = {0};
    create.ways[PS_STUDY_THREADS].rounds = create.ways[PS_STUDY_PROCESSES].rounds = 1;
    create.ways[PS_STUDY_THREADS].median_seconds = 3e-5;
    create.ways[PS_STUDY_PROCESSES].median_seconds = 1e-5;
    ps_study_tell_create(&study, &create, &row);
    assert_says(row.sentence, "A thread takes 30 us to begin and end, 3.0 times as long as a process");

    row = (ps_study_row){0};
    ps_study_memory_seen memory = {.why_not = "no such file"};
    ps_study_tell_memory(&study, &memory, &row);
    assert_string_equal(row.error, "no such file");

    /* As if the system stopped neither. */
    row = (ps_study_row){0};
    ps_study_isolation_seen isolation = {0};
    isolation.ways[PS_STUDY_PROCESSES].worker_status = 9;
    isolation.ways[PS_STUDY_PROCESSES].finished = 1;
    ps_study_tell_isolation(&study, &isolation, &row);
    assert_says(row.sentence, "did its program no harm");
    assert_says(row.sentence, "was killed by signal 9 (Killed), 1 of 2 neighbours finished");

    row = (ps_study_row){0};
    ps_study_visibility_seen visibility = {0};
    visibility.ways[PS_STUDY_THREADS].others = visibility.ways[PS_STUDY_PROCESSES].others = 3;
    visibility.ways[PS_STUDY_PROCESSES].ordinary_seen = 3;
    visibility.ways[PS_STUDY_PROCESSES].shared_seen = 2;
    ps_study_tell_visibility(&study, &visibility, &row);
    assert_says(row.sentence, "writes a variable, no other thread sees it");
    assert_says(row.sentence, "all 3 other processes see it.");
    assert_says(row.sentence, "2 of 3 other processes see it");
}

static void test_sentences_of_scaling(void **state) {
    static ps_study study;
    (void)state;
    for (unsigned cpus = 1; cpus <= 2; cpus++) {
        ps_study_row row = {0};
        ps_study_scaling_seen seen = {.sum = "1", .elements = 1, .serial_seconds = 1, .point_count = 3};
        for (unsigned i = 0; i < 3; i++) {
            seen.workers[i] = i + 1;
            for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
                seen.ways[way].count = 3;
                seen.ways[way].seconds[i] = i + 1 < cpus ? 1.0 / (i + 1) : 1.0 / cpus;
            }
        }
        study.cpus = cpus;
        ps_study_tell_scaling(&study, &seen, &row);
        assert_says(row.sentence, cpus == 1 ? "There is 1 CPU, so more workers speed nothing up"
                                            : "2 threads sum 2.00 times and 2 processes 2.00 times");
        assert_says(row.sentence, cpus == 1 ? NULL : "More workers than the 2 CPUs bring no more");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_that_dies_is_told),
        cmocka_unit_test(test_a_row_that_is_late_or_cancelled_leaves_nothing),
        cmocka_unit_test(test_sentences_of_counting),
        cmocka_unit_test(test_sentences_of_a_busy_machine),
        cmocka_unit_test(test_sentences_of_single_rows),
        cmocka_unit_test(test_sentences_of_scaling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
