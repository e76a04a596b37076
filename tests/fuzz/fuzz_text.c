/* fuzz_text.c - for libFuzzer: any bytes as text. The fold of the whole and those of its records, cut where
 * ps_text_whole_records says and one by one, must agree, whatever the bytes are; so must what the two ways of cutting say.
 *
 * The first two bytes choose layout, delimiter and column; the rest is the text. */
#include <stdlib.h>
#include <string.h>

#include "fold/text.h"
#include "fuzz.h"
#include "source/text_format.h"

bool fuzz_accepted;

enum { NEEDS_ALL = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES };

static void fold(ps_decimal_partial *partial, const ps_text_format *format, const char *text, size_t offset,
                 size_t size) {
    ps_block block = {.kind = PS_BLOCK_TEXT, .count = size};
    block.text = (ps_text_block){.data = text + offset,
                                 .format = format,
                                 .offset = offset,
                                 .line = 1 + ps_text_count_lines(text, offset)};
    ps_text_fold(&block, NEEDS_ALL, partial);
}

static void require(bool holds) {
    if (!holds)
        abort();
}

static void require_equal(const ps_decimal_partial *left, const ps_decimal_partial *right) {
    mpz_t value[4];
    for (int i = 0; i < 4; i++)
        mpz_init(value[i]);
    require(left->head.count == right->head.count && left->head.missing == right->head.missing);
    for (int field = 0; field < PS_FIELD_COUNT; field++) {
        if (left->head.count == 0 && (field == PS_FIELD_MINIMUM || field == PS_FIELD_MAXIMUM))
            continue;
        ps_kinds[PS_KIND_DECIMAL].exact_value(&left->head, (ps_field)field, value[0], value[1]);
        ps_kinds[PS_KIND_DECIMAL].exact_value(&right->head, (ps_field)field, value[2], value[3]);
        mpz_mul(value[0], value[0], value[3]);
        mpz_mul(value[2], value[2], value[1]);
        require(mpz_cmp(value[0], value[2]) == 0);
    }
    for (int i = 0; i < 4; i++)
        mpz_clear(value[i]);
}

/* The size of the first record at text: the shortest beginning in which there is a whole one. */
static size_t first_record(const ps_text_format *format, const char *text, size_t size) {
    for (size_t limit = 1; limit < size; limit++) {
        const size_t whole = ps_text_whole_records(format, text, limit, false);
        require(whole <= limit);
        if (whole > 0)
            return whole;
    }
    return size;
}

static void fold_records(ps_decimal_partial *partial, const ps_text_format *format, const char *text,
                         size_t size) {
    ps_kinds[PS_KIND_DECIMAL].clear(&partial->head);
    for (size_t at = 0; at < size && partial->head.fault.code == PS_FAULT_NONE;) {
        const size_t record = first_record(format, text + at, size - at);
        fold(partial, format, text, at, record);
        at += record;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static ps_decimal_partial whole, cut;
    fuzz_accepted = false;
    if (size < 2 || size > 20000)
        return 0;
    const ps_text_format format = {.layout = (ps_text_layout)(data[0] % 3),
                                   .delimiter = ",;\t |.0"[data[0] / 3 % 7],
                                   .column = data[1] % 8};
    const ps_text_options options = {.column = data[1] & 8 ? "2" : NULL, .no_header = data[1] & 16};
    size -= 2;
    /* Of its own size, so that sanitizers see a read beyond it. */
    char *const text = malloc(size > 0 ? size : 1);
    memcpy(text, data + 2, size);
    ps_kinds[PS_KIND_DECIMAL].clear(&whole.head);
    fold(&whole, &format, text, 0, size);
    fold_records(&cut, &format, text, size);
    const ps_fault *const fault = &whole.head.fault;
    fuzz_accepted = fault->code == PS_FAULT_NONE;
    require(fault->code == cut.head.fault.code && fault->offset == cut.head.fault.offset &&
            fault->line == cut.head.fault.line && fault->field_length == cut.head.fault.field_length);
    if (fault->code == PS_FAULT_NONE)
        require_equal(&whole, &cut);
    else
        require(ps_text_describe_fault(fault, "fuzz", NULL) == PARSUM_BAD_INPUT);
    ps_text_format found;
    size_t skip;
    if (ps_text_format_find(text, size, data[1] & 32, &options, "fuzz", &found, &skip, NULL) == PARSUM_OK)
        require(skip <= size);
    free(text);
    return 0;
}
