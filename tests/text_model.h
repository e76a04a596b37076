/* text_model.h - texts read slowly: one byte after the other by a plain state machine, numbers by regular expressions and as
 * GMP fractions. It shares no code with the library. */
#ifndef PS_TEXT_MODEL_H
#define PS_TEXT_MODEL_H

#include <regex.h>

#include "fold/text.h"
#include "source/text_format.h"
#include "support.h"

typedef struct model {
    uint64_t count, missing;
    mpq_t field[PS_FIELD_COUNT];
    ps_fault fault; /* without field */
} model;

static inline void model_init(model *m) {
    memset(m, 0, sizeof *m);
    for (int i = 0; i < PS_FIELD_COUNT; i++)
        mpq_init(m->field[i]);
}

static inline void model_clear(model *m) {
    for (int i = 0; i < PS_FIELD_COUNT; i++)
        mpq_clear(m->field[i]);
}

static inline bool model_matches(const regex_t *pattern, const char *text) {
    return regexec(pattern, text, 0, NULL, 0) == 0;
}

/* The patterns of what is a number, and of what is not finite; compiled once. */
typedef struct model_patterns {
    regex_t number, not_finite;
} model_patterns;

static inline const model_patterns *model_get_patterns(void) {
    static model_patterns patterns;
    static bool compiled;
    if (!compiled) {
        const int flags = REG_EXTENDED | REG_NOSUB | REG_ICASE;
        const char *const number = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]+)?$";
        assert_int_equal(regcomp(&patterns.number, number, flags), 0);
        assert_int_equal(regcomp(&patterns.not_finite, "^[+-]?(nan|inf|infinity)$", flags), 0);
        compiled = true;
    }
    return &patterns;
}

/* 10^exponent */
static inline void model_power(mpq_t power, long exponent) {
    mpz_ui_pow_ui(exponent < 0 ? mpq_denref(power) : mpq_numref(power), 10, (unsigned long)labs(exponent));
    mpz_set_ui(exponent < 0 ? mpq_numref(power) : mpq_denref(power), 1);
}

/* The value of text, known to be a number. False: a digit lies beyond the range. */
static inline bool model_value(const char *text, mpq_t value) {
    const size_t mantissa = strcspn(text, "eE");
    char *digits = malloc(mantissa + 1);
    size_t count = 0, places = 0;
    bool point = false;
    for (size_t i = 0; i < mantissa; i++) {
        point = point || text[i] == '.';
        if (text[i] >= '0' && text[i] <= '9') {
            digits[count++] = text[i];
            places += point;
        }
    }
    digits[count] = '\0';
    mpz_set_str(mpq_numref(value), digits, 10);
    free(digits);
    mpz_set_ui(mpq_denref(value), 1);
    if (mpq_sgn(value) == 0)
        return true;
    const char *written = text[mantissa] != '\0' ? text + mantissa + 1 : "0";
    const bool below = *written == '-';
    written += strspn(written, "+-");
    written += strspn(written, "0");
    if (strlen(written) > 9)
        return false;
    const long exponent = (below ? -1 : 1) * strtol(*written ? written : "0", NULL, 10) - (long)places;
    mpq_t scale;
    mpq_init(scale);
    bool within = exponent < 5000000 && exponent > -5000000;
    if (within) {
        /* A number of the range is a multiple of 10^-1024 below 10^1024. */
        model_power(scale, exponent);
        mpq_mul(value, value, scale);
        model_power(scale, 1024);
        within = mpq_cmp(value, scale) < 0;
        mpq_mul(scale, scale, value);
        within = within && mpz_cmp_ui(mpq_denref(scale), 1) == 0;
    }
    if (text[0] == '-')
        mpq_neg(value, value);
    mpq_clear(scale);
    return within;
}

static inline void model_add(model *m, const mpq_t value) {
    mpq_t term;
    mpq_init(term);
    mpq_add(m->field[PS_FIELD_SUM], m->field[PS_FIELD_SUM], value);
    mpq_mul(term, value, value);
    mpq_add(m->field[PS_FIELD_SQUARES], m->field[PS_FIELD_SQUARES], term);
    mpq_abs(term, value);
    mpq_add(m->field[PS_FIELD_MAGNITUDES], m->field[PS_FIELD_MAGNITUDES], term);
    if (m->count == 0 || mpq_cmp(value, m->field[PS_FIELD_MINIMUM]) < 0)
        mpq_set(m->field[PS_FIELD_MINIMUM], value);
    if (m->count == 0 || mpq_cmp(value, m->field[PS_FIELD_MAXIMUM]) > 0)
        mpq_set(m->field[PS_FIELD_MAXIMUM], value);
    m->count++;
    mpq_clear(term);
}

/* A text being read. */
typedef struct model_reader {
    const char *text;
    size_t size, at;
    const ps_text_format *format;
    model *into;
} model_reader;

static inline void model_fault(model_reader *r, ps_fault_code code, size_t from, size_t end) {
    ps_fault *fault = &r->into->fault;
    *fault = (ps_fault){.code = code, .offset = from, .line = 1, .column = 1, .field_length = end - from};
    for (size_t i = 0; i < from; i++) {
        fault->column++;
        if (r->text[i] == '\n') {
            fault->line++;
            fault->column = 1;
        }
    }
}

static inline bool model_is_blank(const model_reader *r, char byte) {
    return (byte == ' ' || byte == '\t') &&
           !(r->format->layout == PS_TEXT_DELIMITED && byte == r->format->delimiter);
}

/* The content of a field is from .. end; what a fault names is raw .. raw_end. */
static inline void model_content(model_reader *r, size_t from, size_t end, size_t raw, size_t raw_end) {
    char *const field = malloc(end - from + 1);
    memcpy(field, r->text + from, end - from);
    field[end - from] = '\0';
    mpq_t value;
    mpq_init(value);
    if (end == from || strcmp(field, "NA") == 0)
        r->into->missing++;
    else if (memchr(field, '\0', end - from) != NULL)
        model_fault(r, PS_FAULT_NO_NUMBER, raw, raw_end);
    else if (model_matches(&model_get_patterns()->not_finite, field))
        model_fault(r, PS_FAULT_NOT_FINITE, raw, raw_end);
    else if (!model_matches(&model_get_patterns()->number, field))
        model_fault(r, PS_FAULT_NO_NUMBER, raw, raw_end);
    else if (!model_value(field, value))
        model_fault(r, PS_FAULT_EXPONENT, raw, raw_end);
    else
        model_add(r->into, value);
    mpq_clear(value);
    free(field);
}

static inline void model_field(model_reader *r, size_t from, size_t end) {
    const bool quoted = r->format->layout == PS_TEXT_DELIMITED && from < end && r->text[from] == '"';
    while (from < end && model_is_blank(r, r->text[from]))
        from++;
    while (end > from && model_is_blank(r, r->text[end - 1]))
        end--;
    if (!quoted || end - from < 2 || r->text[end - 1] != '"') {
        model_content(r, from, end, from, end);
        return;
    }
    size_t inner = from + 1, inner_end = end - 1;
    while (inner < inner_end && strchr(" \t", r->text[inner]) != NULL && r->text[inner] != '\0')
        inner++;
    while (inner_end > inner && strchr(" \t", r->text[inner_end - 1]) != NULL &&
           r->text[inner_end - 1] != '\0')
        inner_end--;
    model_content(r, inner, inner_end, from, end);
}

/* One record of fields that a delimiter parts. */
static inline void model_record(model_reader *r) {
    enum { BEGIN, PLAIN, QUOTED, QUOTE } state = BEGIN;
    const size_t record = r->at;
    size_t field = r->at, wanted = SIZE_MAX, wanted_end = 0;
    uint64_t index = 0;
    for (;; r->at++) {
        const bool at_end = r->at == r->size;
        const char byte = at_end ? '\0' : r->text[r->at];
        if (at_end && state == QUOTED) {
            model_fault(r, PS_FAULT_OPEN_QUOTE, field, r->size);
            return;
        }
        if (!at_end && state == QUOTED) {
            state = byte == '"' ? QUOTE : QUOTED;
            continue;
        }
        if (!at_end && state == QUOTE && byte == '"') {
            state = QUOTED;
            continue;
        }
        if (!at_end && state == BEGIN && byte == '"') {
            state = QUOTED;
            continue;
        }
        const bool line_end = at_end || byte == '\n';
        if (!line_end && byte != r->format->delimiter) {
            state = PLAIN;
            continue;
        }
        const size_t content = r->at - (line_end && r->at > field && r->text[r->at - 1] == '\r');
        if (index == r->format->column) {
            wanted = field;
            wanted_end = content;
        }
        if (line_end) {
            r->at += !at_end;
            if (index == 0 && content == record)
                return;
            if (wanted == SIZE_MAX)
                model_fault(r, PS_FAULT_TOO_FEW_FIELDS, record, content);
            else
                model_field(r, wanted, wanted_end);
            return;
        }
        index++;
        field = r->at + 1;
        state = BEGIN;
    }
}

/* One line of columns that blanks part. */
static inline void model_line(model_reader *r) {
    const size_t line = r->at;
    size_t end = line, token = SIZE_MAX;
    while (end < r->size && r->text[end] != '\n')
        end++;
    r->at = end + (end < r->size);
    if (end > line && r->text[end - 1] == '\r')
        end--;
    uint64_t index = 0;
    for (size_t i = line; i <= end; i++) {
        const bool inside = i < end && !model_is_blank(r, r->text[i]);
        if (inside && token == SIZE_MAX) {
            token = i;
        } else if (!inside && token != SIZE_MAX) {
            if (index++ == r->format->column)
                model_field(r, token, i);
            token = SIZE_MAX;
        }
    }
    if (index > 0 && index <= r->format->column)
        model_fault(r, PS_FAULT_TOO_FEW_FIELDS, line, end);
}

static inline void model_token(model_reader *r) {
    size_t end = r->at;
    while (end < r->size && !(r->text[end] == ' ' || (r->text[end] >= 9 && r->text[end] <= 13)))
        end++;
    if (end > r->at)
        model_field(r, r->at, end);
    r->at = end > r->at ? end : end + 1;
}

/* Reads size bytes of text; stops at the first fault. */
static inline void model_read(model *m, const ps_text_format *format, const char *text, size_t size) {
    model_reader r = {.text = text, .size = size, .format = format, .into = m};
    while (r.at < size && m->fault.code == PS_FAULT_NONE) {
        if (format->layout == PS_TEXT_LIST)
            model_token(&r);
        else if (format->layout == PS_TEXT_COLUMNS)
            model_line(&r);
        else
            model_record(&r);
    }
}

/* Asserts that partial is what the model read, as far as needs says. */
static inline void model_assert(const model *m, const ps_decimal_partial *partial, unsigned needs,
                                const char *text, size_t size) {
    static const unsigned need[PS_FIELD_COUNT] = {PS_NEED_SUM, PS_NEED_SQUARES, PS_NEED_MAGNITUDES,
                                                  PS_NEED_EXTREMES, PS_NEED_EXTREMES};
    const ps_fault *const fault = &partial->head.fault;
    if (fault->code != m->fault.code || fault->offset != m->fault.offset || fault->line != m->fault.line ||
        fault->column != m->fault.column || fault->field_length != m->fault.field_length)
        fail_msg("fault %u at %lu (%lu:%lu, %lu bytes), must be %u at %lu (%lu:%lu, %lu bytes): '%.*s'",
                 fault->code, fault->offset, fault->line, fault->column, fault->field_length, m->fault.code,
                 m->fault.offset, m->fault.line, m->fault.column, m->fault.field_length,
                 (int)(size < 400 ? size : 400), text);
    if (fault->code != PS_FAULT_NONE) {
        const size_t length = fault->field_length < 56 ? fault->field_length : 56;
        assert_memory_equal(fault->field, text + fault->offset, length);
        return;
    }
    if (partial->head.count != m->count || partial->head.missing != m->missing)
        fail_msg("%lu numbers and %lu missing, must be %lu and %lu: '%.*s'", partial->head.count,
                 partial->head.missing, m->count, m->missing, (int)(size < 400 ? size : 400), text);
    for (int i = 0; i < PS_FIELD_COUNT; i++) {
        if (!(needs & need[i]) || (need[i] == PS_NEED_EXTREMES && m->count == 0))
            continue;
        mpq_t value;
        mpq_init(value);
        ps_kinds[PS_KIND_DECIMAL].exact_value(&partial->head, (ps_field)i, mpq_numref(value),
                                              mpq_denref(value));
        mpq_canonicalize(value);
        if (!mpq_equal(value, m->field[i]))
            fail_msg("field %d is %s, must be %s: '%.*s'", i, mpq_get_str(NULL, 10, value),
                     mpq_get_str(NULL, 10, m->field[i]), (int)(size < 400 ? size : 400), text);
        mpq_clear(value);
    }
}

/* ----------------------------------------------------------------------------------------------- folds */

enum { NEEDS_ALL = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES };

static const ps_text_format list = {.layout = PS_TEXT_LIST};
static const ps_text_format third_of_csv = {.layout = PS_TEXT_DELIMITED, .delimiter = ',', .column = 2};

static inline void fold(ps_decimal_partial *partial, const ps_text_format *format, const char *text,
                        size_t offset, size_t size, unsigned needs) {
    ps_block block = {.kind = PS_BLOCK_TEXT, .count = size};
    block.text = (ps_text_block){.data = text + offset,
                                 .format = format,
                                 .offset = offset,
                                 .line = 1 + ps_text_count_lines(text, offset)};
    ps_text_fold(&block, needs, partial);
}

static inline void start(ps_decimal_partial *partial) {
    ps_kinds[PS_KIND_DECIMAL].clear(&partial->head);
}

static inline void assert_folds(const ps_text_format *format, const char *text, size_t size, unsigned needs) {
    ps_decimal_partial partial;
    model expected;
    model_init(&expected);
    model_read(&expected, format, text, size);
    start(&partial);
    fold(&partial, format, text, 0, size, needs);
    model_assert(&expected, &partial, needs, text, size);
    model_clear(&expected);
}

/* count random digits, as a string. */
static inline void random_digits(test_random *random, char *text, int count) {
    for (int i = 0; i < count; i++)
        text[i] = (char)('0' + test_random_below(random, 10));
    text[count] = '\0';
}

#endif
