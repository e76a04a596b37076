/* test_library_manners.c - what a user of the public header relies on besides answers: threads, standard output,
 * signals, descriptors, the rounding mode. */
#include "parsum.h" /* first: it needs nothing before it */

#include <dirent.h>
#include <fcntl.h>
#include <fenv.h>
#include <pthread.h>

#include "library_test.h"

/* ---- threads */

typedef struct caller {
    const char *engine;
    unsigned calls;
    ps_int128 first;
    char expected[100];
    bool right;
} caller;

static void *call_often(void *argument) {
    caller *own = argument;
    parsum_options options = options_of(own->engine);
    parsum_context *context = NULL;
    options.chunk = 77;
    own->right = parsum_context_create(&options, &context, NULL) == PARSUM_OK;
    for (unsigned i = 0; i < own->calls && own->right; i++) {
        const parsum_range range = {own->first, own->first + 1000, 1};
        parsum_result *result = NULL;
        own->right = parsum_reduce_ranges(context, &range, 1, &result, NULL) == PARSUM_OK &&
                     strcmp(result->values[0].text, own->expected) == 0;
        parsum_result_destroy(result);
        if (i % 5 == 4) { /* engines are opened while those of others are at work */
            parsum_context_destroy(context);
            context = NULL;
            own->right = own->right && parsum_context_create(&options, &context, NULL) == PARSUM_OK;
        }
    }
    parsum_context_destroy(context);
    return NULL;
}

static void test_contexts_of_several_threads_at_once(void **state) {
    caller callers[6];
    pthread_t threads[COUNT_OF(callers)];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(callers); i++) {
        callers[i] = (caller){
            .engine = engine_names[i % ENGINES], .calls = 40, .first = (ps_int128)(i + 1) << (10 * i)};
        test_moments moments;
        test_moments_init(&moments);
        test_moments_add(&moments, callers[i].first, 1, 1000);
        mpz_get_str(callers[i].expected, 10, moments.squares);
        test_moments_clear(&moments);
    }
    for (size_t i = 0; i < COUNT_OF(callers); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    for (size_t i = 0; i < COUNT_OF(callers); i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < COUNT_OF(callers); i++) {
        if (!callers[i].right)
            fail_msg("thread %zu, engine %s", i, callers[i].engine);
    }
    assert_false(test_has_child());
}

static void test_contexts_in_turn(void **state) {
    parsum_context *contexts[ENGINES];
    (void)state;
    for (size_t e = 0; e < ENGINES; e++) {
        const parsum_options options = options_of(engine_names[e]);
        contexts[e] = create(&options);
    }
    for (unsigned i = 0; i < 60; i++) {
        parsum_result *result = reduce(contexts[i % ENGINES], &hundred, 1);
        assert_string_equal(result->engine.name, engine_names[i % ENGINES]);
        assert_string_equal(result->values[0].text, "338350");
        parsum_result_destroy(result);
    }
    for (size_t e = 0; e < ENGINES; e++)
        parsum_context_destroy(contexts[(e + 1) % ENGINES]);
    assert_false(test_has_child());
}

/* ---- manners */

static int yes(void *user) {
    (void)user;
    return 1;
}

/* All sorts of calls, those that fail too. Asserts nothing, as stdout may be a pipe at the time; returns how many calls
 * ended otherwise than they should. */
static unsigned use_the_library(void) {
    static const char *const all_names[] = {"serial", "pthread", "fork", "auto", "wrong", "opencl"};
    static const parsum_status expected[] = {PARSUM_OK, PARSUM_OK,       PARSUM_OK,
                                             PARSUM_OK, PARSUM_MISMATCH, PARSUM_NO_DEVICE};
    const parsum_range beyond = {TOP, TOP + 1, 1}, endless = {0, TOP / 4, 1};
    unsigned surprises = 0;
    for (size_t e = 0; e < COUNT_OF(all_names); e++) {
        parsum_options options = options_of(all_names[e]);
        parsum_context *context = NULL;
        parsum_result *result = NULL;
        parsum_error error;
        options.statistics = PARSUM_MASK_ALL;
        surprises += parsum_context_create(&options, &context, &error) != PARSUM_OK;
        surprises += parsum_reduce_ranges(context, &hundred, 1, &result, &error) != expected[e];
        parsum_result_destroy(result);
        result = NULL;
        surprises += parsum_reduce_ranges(context, &beyond, 1, &result, &error) != PARSUM_USAGE;
        surprises += parsum_reference_ranges(context, &hundred, 1, &result, &error) != PARSUM_OK;
        parsum_result_destroy(result);
        parsum_context_destroy(context);
        if (e < 3) {
            result = NULL;
            options.cancelled = yes;
            surprises += parsum_context_create(&options, &context, NULL) != PARSUM_OK;
            surprises += parsum_reduce_ranges(context, &endless, 1, &result, NULL) != PARSUM_CANCELLED;
            parsum_context_destroy(context);
        }
    }
    parsum_options bad = options_of("frok");
    parsum_context *none = NULL;
    parsum_range range;
    surprises += parsum_context_create(&bad, &none, NULL) != PARSUM_USAGE;
    surprises += parsum_range_parse("nonsense", &range, NULL) != PARSUM_USAGE;
    parsum_device *devices = NULL;
    size_t count;
    surprises += parsum_device_list(&devices, &count, NULL) != PARSUM_OK;
    parsum_device_list_destroy(devices, count);
    return surprises;
}

static void test_the_library_prints_nothing(void **state) {
    char text[4096];
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    fflush(NULL);
    const int kept[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    const unsigned surprises = use_the_library();
    fflush(NULL);
    dup2(kept[0], STDOUT_FILENO);
    dup2(kept[1], STDERR_FILENO);
    const ssize_t length = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    close(ends[1]);
    close(kept[0]);
    close(kept[1]);
    if (length > 0)
        fail_msg("printed: %.*s", (int)length, text);
    assert_int_equal(length, -1); /* and the pipe was open, so it would have held what was printed */
    assert_int_equal(surprises, 0);
}

static void some_handler(int number) {
    (void)number;
}

static bool same_action(const struct sigaction *left, const struct sigaction *right) {
    if (left->sa_handler != right->sa_handler || left->sa_flags != right->sa_flags)
        return false;
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&left->sa_mask, number) != sigismember(&right->sa_mask, number))
            return false;
    }
    return true;
}

static void test_signals_are_left_alone(void **state) {
    static const int taken[] = {SIGINT, SIGTERM, SIGCHLD, SIGUSR1, SIGALRM, SIGPIPE, SIGHUP};
    struct sigaction before[NSIG], after, own = {.sa_handler = some_handler, .sa_flags = SA_RESTART};
    struct sigaction original[COUNT_OF(taken)];
    sigset_t mask_before, mask_after;
    (void)state;
    sigemptyset(&own.sa_mask);
    sigaddset(&own.sa_mask, SIGUSR2);
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        sigaction(taken[i], &own, &original[i]);
    for (int number = 1; number < NSIG; number++)
        sigaction(number, NULL, &before[number]);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_before);
    const unsigned surprises = use_the_library();
    pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
    int changed = 0;
    for (int number = 1; number < NSIG; number++) {
        if (sigaction(number, NULL, &after) == 0 && !same_action(&before[number], &after))
            changed = number;
        if (sigismember(&mask_before, number) != sigismember(&mask_after, number))
            changed = number;
    }
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        sigaction(taken[i], &original[i], NULL);
    assert_int_equal(changed, 0);
    assert_int_equal(surprises, 0);
}

static unsigned count_entries(const char *path) {
    unsigned count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static void test_nothing_is_left_open(void **state) {
    (void)state;
    assert_int_equal(use_the_library(), 0); /* what libraries open once and keep is open now */
    const unsigned files = count_entries("/proc/self/fd"), threads = count_entries("/proc/self/task");
    for (int i = 0; i < 5; i++)
        assert_int_equal(use_the_library(), 0);
    assert_int_equal(count_entries("/proc/self/fd"), files);
    for (int i = 0; i < 1000 && count_entries("/proc/self/task") > threads; i++)
        test_sleep_ms(1); /* the kernel may still be ending a thread that is joined */
    assert_int_equal(count_entries("/proc/self/task"), threads);
    assert_false(test_has_child());
}

/* Workers inherit the rounding mode of the thread that makes them; answers do not. */
static void test_rounding_mode_of_the_caller(void **state) {
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO, FE_TONEAREST};
    double numbers[5000];
    char expected[64] = "";
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        numbers[i] = 1.0 / (double)(i + 3) * (i % 2 ? -1 : 1);
    const parsum_array array = {.data = numbers, .type = PARSUM_F64, .count = COUNT_OF(numbers)};
    for (size_t e = 0; e < ENGINES; e++) {
        for (size_t m = 0; m < COUNT_OF(modes); m++) {
            parsum_options options;
            parsum_context *context = NULL;
            parsum_result *result = NULL;
            parsum_options_init(&options);
            options.engine = engine_names[e];
            options.statistics = PARSUM_MASK(PARSUM_SUM);
            fesetround(modes[m]);
            const parsum_status created = parsum_context_create(&options, &context, NULL);
            const parsum_status reduced = parsum_reduce_array(context, &array, &result, NULL);
            const int mode_after = fegetround();
            fesetround(FE_TONEAREST);
            assert_int_equal(created, PARSUM_OK);
            assert_int_equal(reduced, PARSUM_OK);
            assert_int_equal(mode_after, modes[m]);
            if (expected[0] == '\0')
                snprintf(expected, sizeof expected, "%s", result->values[0].text);
            assert_string_equal(result->values[0].text, expected);
            parsum_result_destroy(result);
            parsum_context_destroy(context);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_contexts_of_several_threads_at_once, test_guard),
        cmocka_unit_test_setup(test_contexts_in_turn, test_guard),
        cmocka_unit_test_setup(test_the_library_prints_nothing, test_guard),
        cmocka_unit_test_setup(test_signals_are_left_alone, test_guard),
        cmocka_unit_test_setup(test_nothing_is_left_open, test_guard),
        cmocka_unit_test_setup(test_rounding_mode_of_the_caller, test_guard),
    };
    return cmocka_run_group_tests(tests, hide_drivers, show_drivers);
}
