/* test_library_floats.c - the library in programs with any floating-point environment: text, arrays and the references give the
 * same answers in all of them, and leave them as they are. No OpenCL driver is needed. */
#include "parsum.h"

#include <unistd.h>

#include "engine_support.h"
#include "float_support.h"

static const char *const engine_names[] = {"serial", "pthread", "fork"};

/* Numbers that only strtod's rounding decides, quotients, halfway points, subnormals, and what is beyond them. */
static const char hard_text[] =
    "0.12345678901234567890123456789 -0.98765432109876543210987654321\n"
    "9007199254740993 -9007199254740993.000000000000000000001 1e23 -1e-23 0.3\n"
    "1.00000000000000011102230246251565404236316680908203125 3e-310 -4.9e-324\n"
    "2.4703282292062328e-324 -2.4703282292062327e-324 1e-400 -1.7976931348623158e307\n";

static char *write_text(void) {
    static char path[] = "/tmp/parsum-test-XXXXXX.txt";
    const int file = mkstemps(path, (int)strlen(".txt"));
    assert_true(file >= 0);
    assert_int_equal(write(file, hard_text, sizeof hard_text - 1), sizeof hard_text - 1);
    close(file);
    return path;
}

/* What is reduced: a file of text, or numbers. */
typedef struct test_work {
    const char *path;
    parsum_array array;
} test_work;

/* engine NULL: the reference alone. */
static parsum_status reduce(const test_work *work, const char *engine, parsum_result **result,
                            parsum_error *error) {
    const parsum_input_options text = {.has_type = true, .type = PARSUM_F64};
    parsum_options options;
    parsum_context *context = NULL;
    parsum_options_init(&options);
    options.engine = engine != NULL ? engine : "serial";
    options.workers = 2;
    options.statistics = PARSUM_MASK_ALL;
    options.verify = PARSUM_VERIFY_REFERENCE;
    parsum_status status = parsum_context_create(&options, &context, error);
    if (status != PARSUM_OK)
        return status;
    if (work->path == NULL)
        status = parsum_reduce_array(context, &work->array, result, error);
    else if (engine == NULL)
        status = parsum_reference_inputs(context, &work->path, 1, &text, result, error);
    else
        status = parsum_reduce_inputs(context, &work->path, 1, &text, result, error);
    parsum_context_destroy(context);
    return status;
}

static parsum_result *reduce_in(const test_work *work, const char *engine,
                                const test_environment *environment) {
    parsum_result *result = NULL;
    parsum_error error;
    test_environment_enter(environment);
    const parsum_status status = reduce(work, engine, &result, &error);
    const bool held = test_environment_holds(environment);
    test_environment_leave();
    if (status != PARSUM_OK)
        fail_msg("%s, %s: %s", environment->name, engine != NULL ? engine : "reference", error.message);
    if (!held)
        fail_msg("%s, %s: the environment is another", environment->name,
                 engine != NULL ? engine : "reference");
    return result;
}

static void assert_same_everywhere(const test_work *work, bool reference) {
    parsum_result *expected = reduce_in(work, "serial", &test_environments[0]);
    for (size_t e = 0; e < TEST_ENVIRONMENT_COUNT; e++) {
        for (size_t i = 0; i < TEST_COUNT_OF(engine_names) + reference; i++) {
            const char *const engine = i < TEST_COUNT_OF(engine_names) ? engine_names[i] : NULL;
            parsum_result *result = reduce_in(work, engine, &test_environments[e]);
            assert_int_equal(result->value_count, expected->value_count);
            for (size_t v = 0; v < result->value_count; v++) {
                if (strcmp(result->values[v].text, expected->values[v].text) != 0)
                    fail_msg("%s, %s: %s is %s, must be %s", test_environments[e].name, result->engine.name,
                             parsum_statistic_name(result->values[v].statistic), result->values[v].text,
                             expected->values[v].text);
            }
            parsum_result_destroy(result);
        }
    }
    parsum_result_destroy(expected);
}

static void text(void **state) {
    (void)state;
    test_work given = {.path = write_text()};
    double number;
    /* The sum is the compiler's own doubles', not only the same in each environment. */
    mpfr_t exact;
    mpfr_init2(exact, TEST_EXACT_BITS);
    mpfr_set_zero(exact, 1);
    const char *at = hard_text;
    for (char *end; number = strtod(at, &end), end != at; at = end)
        test_add_double(exact, number);
    parsum_result *result = reduce_in(&given, "serial", &test_environments[0]);
    test_assert_double(result->values[PARSUM_SUM].number, test_nearest(exact), "the sum of text");
    parsum_result_destroy(result);
    mpfr_clear(exact);
    assert_same_everywhere(&given, true);
    unlink(given.path);
}

static void arrays(void **state) {
    enum { COUNT = 3000 };
    static double numbers[COUNT];
    static float narrow[COUNT];
    test_random random = test_random_start(1);
    (void)state;
    for (int subnormal = 0; subnormal <= 1; subnormal++) {
        for (size_t i = 0; i < COUNT; i++) {
            const double any = test_random_double(&random);
            numbers[i] = subnormal ? test_double_of(test_bits_of(any) & UINT64_C(0x800fffffffffffff)) : any;
            narrow[i] = (float)ldexp((double)(int32_t)test_random_bits(&random),
                                     subnormal ? -158 : (int)test_random_below(&random, 200) - 150);
        }
        const test_work doubles = {.array = {.data = numbers, .type = PARSUM_F64, .count = COUNT}};
        const test_work floats = {.array = {.data = narrow, .type = PARSUM_F32, .count = COUNT}};
        assert_same_everywhere(&doubles, false);
        assert_same_everywhere(&floats, false);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(text, test_guard),
        cmocka_unit_test_setup(arrays, test_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
