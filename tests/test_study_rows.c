/* test_study_rows.c - each row of the study against a reading of the test's own. */
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/result.h"
#include "study/apart.h"
#include "study/rows.h"
#include "support.h"

static const ps_study_request plain_request = {.tasks = 4, .count = 1000, .workers = 2};

static double cpu_seconds_of_counting(uint64_t count) {
    static const atomic_bool never = false;
    struct timespec before, after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    assert_int_equal(ps_study_count_up(count, &never), count);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    return (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec);
}

/* A loop that the compiler removed takes no longer for eight times the count. The best of many short runs, in turns: those
 * that nothing disturbed; a core that is shared runs at half its speed at times. */
static void test_counting_takes_every_step(void **state) {
    enum { COUNT = 1000000, TIMES = 8, TRIES = 40 };
    double few = 1e9, many = 1e9;
    (void)state;
    for (int i = 0; i < TRIES; i++) {
        const double first = cpu_seconds_of_counting(COUNT), second = cpu_seconds_of_counting(TIMES * COUNT);
        few = first < few ? first : few;
        many = second < many ? second : many;
    }
    if (many < TIMES / 2.5 * few || many > TIMES * 2.5 * few)
        fail_msg("counting to %d n takes %.3g times as long as to n", TIMES, many / few);
}

static void test_counting_stops(void **state) {
    static const atomic_bool at_once = true;
    (void)state;
    assert_int_equal(ps_study_count_up(UINT64_MAX, &at_once), 0);
}

static void *do_nothing(void *argument) {
    return argument;
}

/* The quickest of many. */
static double own_best_of_creating(ps_study_way way) {
    enum { ROUNDS = 201 };
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        const double before = ps_clock_seconds();
        if (way == PS_STUDY_THREADS) {
            pthread_t thread;
            assert_int_equal(pthread_create(&thread, NULL, do_nothing, NULL), 0);
            pthread_join(thread, NULL);
        } else {
            const pid_t child = fork();
            if (child == 0)
                _exit(0);
            assert_int_equal(waitpid(child, NULL, 0), child);
        }
        best = fmin(best, ps_clock_seconds() - before);
    }
    return best;
}

/* Whether two readings agree within a factor that a mistake in the unit, or in what is timed, does not keep. A busy machine
 * may break it, so those who ask try again. */
enum { FACTOR = 8, TRIES = 8 };
static bool is_near(double measured, double own, const char *what) {
    const bool near = measured > own / FACTOR && measured < own * FACTOR;
    if (!near)
        print_message("%s: the row says %g s, the test's own reading is %g s\n", what, measured, own);
    return near;
}

static bool creating_agrees(void) {
    ps_study_create_seen *seen = ps_study_share(sizeof *seen);
    bool near = true;
    assert_int_equal(ps_study_run_apart(&plain_request, ps_study_measure_create, seen, 0, NULL), PARSUM_OK);
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
        assert_true(seen->ways[way].rounds > 10);
        assert_true(seen->ways[way].best_seconds <= seen->ways[way].median_seconds);
        near = is_near(seen->ways[way].best_seconds, own_best_of_creating((ps_study_way)way), "creating") &&
               near;
    }
    ps_study_unshare(seen, sizeof *seen);
    return near;
}

/* Until two readings agree. */
static void assert_agrees(bool (*agrees)(void)) {
    for (int i = 0; i < TRIES; i++) {
        if (agrees())
            return;
    }
    fail_msg("%d times the readings differed", TRIES);
}

static void test_create(void **state) {
    (void)state;
    assert_agrees(creating_agrees);
}

/* The proportional set size by the kernel's own sum of its pieces, /proc/PID/smaps. */
static double own_set_size(pid_t process) {
    char path[64], line[512];
    double kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%ld/smaps", (long)process);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long size;
        if (sscanf(line, "Pss: %lu kB", &size) == 1)
            kilobytes += (double)size;
    }
    fclose(file);
    return 1024 * kilobytes;
}

typedef struct memory_children {
    atomic_uint ready;
    bool write;
} memory_children;

static void hold_memory(unsigned index, void *context) {
    memory_children *children = context;
    (void)index;
    if (children->write)
        memset(malloc(PS_STUDY_PRIVATE_BYTES), 7, PS_STUDY_PRIVATE_BYTES);
    atomic_fetch_add(&children->ready, 1);
    for (;;)
        pause();
}

/* Bytes that a forked child adds, by a child or four of the test's own. */
static double own_cost_of_a_process(bool write) {
    enum { CHILDREN = 4 };
    memory_children *children = ps_study_share(sizeof *children);
    pid_t process[CHILDREN];
    children->write = write;
    const double before = own_set_size(getpid());
    for (int i = 0; i < CHILDREN; i++) {
        process[i] = fork();
        if (process[i] == 0)
            hold_memory(0, children);
    }
    while (atomic_load(&children->ready) < CHILDREN)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    double after = own_set_size(getpid());
    for (int i = 0; i < CHILDREN; i++)
        after += own_set_size(process[i]);
    for (int i = 0; i < CHILDREN; i++) {
        kill(process[i], SIGKILL);
        waitpid(process[i], NULL, 0);
    }
    ps_study_unshare(children, sizeof *children);
    return (after - before) / CHILDREN;
}

static void test_memory(void **state) {
    ps_study_memory_seen *seen = ps_study_share(sizeof *seen);
    const double slack = 160 * 1024; /* the two are not the same program: other pages are written to */
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* what the sanitizer keeps of each access is memory, too */
#endif
    if (access("/proc/self/smaps_rollup", R_OK) != 0)
        skip();
    assert_int_equal(ps_study_run_apart(&plain_request, ps_study_measure_memory, seen, 0, NULL), PARSUM_OK);
    assert_string_equal(seen->why_not, "");
    assert_true(fabs(seen->ways[PS_STUDY_PROCESSES].untouched_bytes - own_cost_of_a_process(false)) < slack);
    assert_true(fabs(seen->ways[PS_STUDY_PROCESSES].written_bytes - own_cost_of_a_process(true)) < slack);
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
        const double more = seen->ways[way].written_bytes - seen->ways[way].untouched_bytes;
        assert_true(seen->ways[way].untouched_bytes > 1024);
        assert_true(fabs(more - PS_STUDY_PRIVATE_BYTES) < PS_STUDY_PRIVATE_BYTES / 16.0);
    }
    ps_study_unshare(seen, sizeof *seen);
}

/* One way of a pipe: half a round trip between this process and a child that echoes. */
static double own_median_of_a_pipe(void) {
    enum { ROUNDS = 201 };
    int there[2], back[2];
    double seconds[ROUNDS];
    char byte = 0;
    assert_int_equal(pipe(there) | pipe(back), 0);
    const pid_t child = fork();
    if (child == 0) {
        close(there[1]);
        while (read(there[0], &byte, 1) == 1)
            (void)!write(back[1], &byte, 1);
        _exit(0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        const double before = ps_clock_seconds();
        assert_int_equal(write(there[1], &byte, 1), 1);
        assert_int_equal(read(back[0], &byte, 1), 1);
        seconds[i] = 0.5 * (ps_clock_seconds() - before);
    }
    close(there[1]);
    waitpid(child, NULL, 0);
    close(there[0]);
    close(back[0]);
    close(back[1]);
    return ps_median(seconds, ROUNDS);
}

static bool handing_back_agrees(void) {
    ps_study_handback_seen *seen = ps_study_share(sizeof *seen);
    assert_int_equal(ps_study_run_apart(&plain_request, ps_study_measure_handback, seen, 0, NULL), PARSUM_OK);
    assert_string_equal(seen->why_not, "");
    assert_true(seen->rounds > 3);
    const double pipe = own_median_of_a_pipe();
    /* What wakes a waiting parent is about the same; the end of a thread is a part of its life. */
    const bool near = is_near(seen->median_seconds[PS_STUDY_PROCESSES][PS_STUDY_PIPE], pipe, "pipe") &&
                      is_near(seen->median_seconds[PS_STUDY_PROCESSES][PS_STUDY_SHARED], pipe, "shared") &&
                      is_near(seen->median_seconds[PS_STUDY_THREADS][PS_STUDY_SHARED], pipe, "shared") &&
                      is_near(seen->median_seconds[PS_STUDY_THREADS][PS_STUDY_JOIN],
                              own_best_of_creating(PS_STUDY_THREADS), "join");
    ps_study_unshare(seen, sizeof *seen);
    return near;
}

static void test_handback(void **state) {
    (void)state;
    assert_agrees(handing_back_agrees);
}

static atomic_int own_variable;

static void *write_own_variable(void *argument) {
    atomic_store(&own_variable, 1);
    return argument;
}

static void test_visibility(void **state) {
    ps_study_visibility_seen *seen = ps_study_share(sizeof *seen);
    pthread_t thread;
    (void)state;
    assert_int_equal(ps_study_run_apart(&plain_request, ps_study_measure_visibility, seen, 0, NULL),
                     PARSUM_OK);
    assert_int_equal(pthread_create(&thread, NULL, write_own_variable, NULL), 0);
    pthread_join(thread, NULL);
    const unsigned threads_see = atomic_exchange(&own_variable, 0) == 1;
    const pid_t child = fork();
    if (child == 0) {
        write_own_variable(NULL);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    const unsigned processes_see = atomic_load(&own_variable) == 1;
    const unsigned others = seen->ways[PS_STUDY_THREADS].others;
    assert_true(others > 0 && others == seen->ways[PS_STUDY_PROCESSES].others);
    assert_int_equal(seen->ways[PS_STUDY_THREADS].ordinary_seen, others * threads_see);
    assert_int_equal(seen->ways[PS_STUDY_PROCESSES].ordinary_seen, others * processes_see);
    assert_int_equal(seen->ways[PS_STUDY_THREADS].shared_seen, others);
    assert_int_equal(seen->ways[PS_STUDY_PROCESSES].shared_seen, others);
    ps_study_unshare(seen, sizeof *seen);
}

static void test_scaling(void **state) {
    ps_study_scaling_seen *seen = ps_study_share(sizeof *seen);
    ps_study_request request = plain_request;
    mpz_t n, sum;
    (void)state;
    request.workers = 3;
    assert_int_equal(ps_study_run_apart(&request, ps_study_measure_scaling, seen, 0, NULL), PARSUM_OK);
    assert_string_equal(seen->why_not, "");
    assert_int_equal(seen->point_count, 3);
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
        assert_string_equal(seen->ways[way].refusal, "");
        assert_int_equal(seen->ways[way].count, 3);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(seen->workers[i], i + 1);
            assert_true(seen->ways[way].seconds[i] > 0);
        }
    }
    /* n(n+1)(2n+1)/6 */
    mpz_init_set_d(n, seen->elements);
    mpz_init_set(sum, n);
    mpz_add_ui(n, n, 1);
    mpz_mul(sum, sum, n);
    mpz_mul_ui(n, n, 2);
    mpz_sub_ui(n, n, 1);
    mpz_mul(sum, sum, n);
    mpz_divexact_ui(sum, sum, 6);
    char text[64];
    assert_int_equal(gmp_snprintf(text, sizeof text, "%Zd", sum), strlen(seen->sum));
    assert_string_equal(seen->sum, text);
    mpz_clears(n, sum, NULL);
    ps_study_unshare(seen, sizeof *seen);
}

static void test_numbers_of_workers(void **state) {
    static const struct {
        unsigned last, cpus;
        unsigned points[12]; /* ends with 0 */
    } cases[] = {
        {1, 2, {1}},
        {3, 2, {1, 2, 3}},
        {11, 4, {1, 2, 3, 4, 5, 6, 7, 8, 11}},
        {24, 12, {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned points[PS_STUDY_POINTS] = {0};
        const size_t count = ps_study_choose_points(cases[i].last, cases[i].cpus, points);
        for (size_t k = 0; k <= count; k++)
            assert_int_equal(points[k], cases[i].points[k]);
    }
    /* There is room for the most. */
    unsigned points[PS_STUDY_POINTS];
    const size_t count = ps_study_choose_points(PS_STUDY_WORKERS_MAX, PS_STUDY_WORKERS_MAX - 1, points);
    assert_int_equal(points[count - 1], PS_STUDY_WORKERS_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counting_takes_every_step),
        cmocka_unit_test(test_counting_stops),
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_handback),
        cmocka_unit_test(test_visibility),
        cmocka_unit_test(test_scaling),
        cmocka_unit_test(test_numbers_of_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
