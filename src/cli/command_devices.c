/* command_devices.c - the OpenCL devices, and their self-tests. */
#include <stdlib.h>

#include "cli/commands.h"
#include "report/report.h"

/* Tests each device by its selector; the outcomes, in order. NULL: out of memory. */
static parsum_error *test_all(const ps_settings *settings, const parsum_device *devices, size_t count) {
    parsum_error *outcomes = calloc(count + 1, sizeof *outcomes);
    for (size_t i = 0; i < count && outcomes != NULL && signals_caught() == 0; i++) {
        parsum_options options = settings->options;
        options.device = devices[i].selector;
        if (parsum_device_self_test(&options, &outcomes[i]) != PARSUM_OK)
            complain("%s: %s", devices[i].selector, outcomes[i].message);
    }
    return outcomes;
}

static int worst_outcome(const parsum_error *outcomes, size_t count) {
    int worst = PARSUM_OK;
    for (size_t i = 0; i < count && outcomes != NULL; i++) {
        if (outcomes[i].status == PARSUM_SELF_TEST)
            return PARSUM_SELF_TEST;
        if (outcomes[i].status != PARSUM_OK)
            worst = (int)outcomes[i].status;
    }
    return worst;
}

int command_devices(const ps_settings *settings) {
    parsum_device *devices = NULL;
    size_t count = 0;
    parsum_error error = {0};
    parsum_error *self_tests = NULL;
    int status = (int)parsum_device_list(&devices, &count, &error);
    if (status != PARSUM_OK) {
        complain("%s", error.message);
        return status;
    }
    if (error.message[0] != '\0')
        complain("%s", error.message);
    if (settings->test) {
        self_tests = test_all(settings, devices, count);
        status = self_tests == NULL ? PARSUM_FAILED : worst_outcome(self_tests, count);
    }
    if (count == 0) {
        /* The library says what to install. */
        status = (int)parsum_device_self_test(&settings->options, &error);
        complain("%s", error.message);
    }
    bool printed = !settings->test || self_tests != NULL;
    if (printed && settings->format == FORMAT_JSON)
        printed = report_print_devices_json(stdout, devices, count, self_tests);
    else if (printed && count > 0)
        printed = report_print_devices(stdout, devices, count, self_tests);
    if (!printed) {
        complain("out of memory for the answer");
        status = PARSUM_FAILED;
    }
    free(self_tests);
    parsum_device_list_destroy(devices, count);
    return signals_caught() != 0 ? PARSUM_CANCELLED : status;
}
