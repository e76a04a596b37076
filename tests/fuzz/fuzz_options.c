/* fuzz_options.c - any words as a command line: settings that make sense, or one sentence and the status of wrong usage.
 *
 * A word ends with a newline. */
#include <string.h>
#include <unistd.h>

#include "cli/settings.h"
#include "fuzz.h"

bool fuzz_accepted;

enum { WORDS_MAX = 40, TEXT_MAX = 2000 };

/* What help and version print is of no interest, and would drown what the target says. */
static void begin(void) {
    static bool begun;
    if (begun)
        return;
    begun = true;
    unsetenv("PARSUM_DEVICE");
    unsetenv("PARSUM_ISA");
    FUZZ_REQUIRE(freopen("/dev/null", "w", stdout) != NULL);
}

/* Behind the words there is nothing that could be taken for more of them. */
static int split(char *text, char **words) {
    int count = 1;
    words[0] = strdup("parsum-cl");
    for (char *at = text; *at != '\0' && count < WORDS_MAX;) {
        char *const end = at + strcspn(at, "\n");
        const bool more = *end != '\0';
        *end = '\0';
        /* Each in memory of its own size, so that a sanitizer sees a read behind it. */
        words[count++] = strdup(at);
        at = end + more;
    }
    words[count] = NULL;
    return count;
}

static void require_sense(const ps_settings *settings) {
    const parsum_options *const options = &settings->options;
    FUZZ_REQUIRE(settings->command >= commands && settings->command < commands + command_count);
    if (settings->finished)
        return;
    FUZZ_REQUIRE(settings->order_count <= PARSUM_STATISTIC_COUNT);
    uint32_t statistics = 0;
    for (size_t i = 0; i < settings->order_count; i++) {
        FUZZ_REQUIRE(!(statistics & PARSUM_MASK(settings->order[i])));
        statistics |= PARSUM_MASK(settings->order[i]);
    }
    FUZZ_REQUIRE(settings->order_count == 0 || statistics == options->statistics);
    FUZZ_REQUIRE(options->workers <= 4096);
    if (settings->command->bit & (COMMAND_SUM | COMMAND_COMPARE)) {
        FUZZ_REQUIRE(options->runs >= 1 && options->runs <= 1000000 && options->warmup <= 1000000);
        FUZZ_REQUIRE(settings->order_count > 0 && settings->input_count > 0);
    }
    if (settings->command->bit == COMMAND_MERGE)
        FUZZ_REQUIRE(settings->input_count > 0);
    /* What was accepted can be started. */
    parsum_context *context = NULL;
    if (parsum_context_create(options, &context, NULL) == PARSUM_OK)
        parsum_context_destroy(context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[TEXT_MAX + 1], *words[WORDS_MAX + 3] = {NULL}, *kept[WORDS_MAX + 1];
    ps_settings settings;
    parsum_error error = {0};
    begin();
    fuzz_accepted = false;
    if (size > TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    const int count = split(text, words);
    memcpy(kept, words, sizeof kept);
    const parsum_status status = settings_parse(&settings, count, words, &error);
    fuzz_accepted = status == PARSUM_OK;
    FUZZ_REQUIRE(status == PARSUM_OK || status == PARSUM_USAGE || status == PARSUM_BAD_INPUT);
    if (status == PARSUM_OK) {
        require_sense(&settings);
    } else {
        FUZZ_REQUIRE(error.status == status && error.message[0] != '\0');
    }
    for (int i = 0; i < count; i++)
        free(kept[i]);
    return 0;
}
