/* text.c - folding a block of text: sets up the reader, takes single fields of any shape, and deposits what was gathered. How
 * records are found is for text_lists.c and text_delimited.c. */
#include "fold/text.h"

#include <string.h>

#include "fold/text_reader.h"

bool ps_text_fail(ps_text_reader *reader, ps_fault_code code, const char *from, const char *end) {
    const ps_text_block *const text = &reader->block->text;
    const char *line = reader->begin;
    ps_fault fault = {.code = code,
                      .input = reader->block->input,
                      .offset = text->offset + (uint64_t)(from - reader->begin),
                      .line = text->line,
                      .field_length = (uint64_t)(end - from)};
    for (const char *at = reader->begin; at < from; at++) {
        if (*at != '\n')
            continue;
        line = at + 1;
        fault.line += text->line != 0;
    }
    fault.column = (uint64_t)(from - line) + 1 + (line == reader->begin ? text->column : 0);
    memcpy(fault.field, from,
           fault.field_length < sizeof fault.field ? fault.field_length : sizeof fault.field);
    ps_partial_set_fault(reader->head, &fault);
    return false;
}

static bool take_apart(ps_text_column *column, const ps_short_number *number) {
    if (column->exponent != number->exponent || column->count == column->capacity)
        return false;
    const int64_t value = (int64_t)number->mantissa; /* below 10^18 */
    column->mantissa[column->count++] = number->negative ? -value : value;
    return true;
}

bool ps_text_take_apart(ps_text_reader *reader, const ps_short_number *number) {
    if (number->mantissa >= UINT64_C(1000000000000000000))
        return false;
    for (size_t i = 0; i < reader->columns_used; i++) {
        if (take_apart(&reader->columns[i], number))
            return true;
    }
    if (reader->columns_used == reader->column_count || reader->columns[reader->columns_used].capacity == 0)
        return false;
    ps_text_column *const column = &reader->columns[reader->columns_used++];
    column->exponent = number->exponent;
    return take_apart(column, number);
}

/* A number of any length and exponent. False: digits beyond what a number holds. */
static bool take_numeral(ps_text_reader *reader, const ps_numeral *numeral) {
    if (reader->as_doubles)
        return ps_text_push_double(reader, ps_numeral_to_double(numeral));
    int64_t exponent;
    ps_short_number number = {.negative = numeral->negative};
    if (ps_numeral_to_integer(numeral, &number.mantissa, &exponent) && exponent >= PS_BIN_EXPONENT_MIN &&
        exponent < PS_BIN_EXPONENT_MIN + PS_BIN_COUNT) {
        number.exponent = (int)exponent;
        return (reader->split && ps_text_take_apart(reader, &number)) ||
               ps_text_bin(reader, &number, reader->needs);
    }
    ps_number value;
    if (!ps_numeral_to_number(numeral, &value))
        return false;
    ps_decimal_add_number(reader->partial, &value, reader->needs);
    return true;
}

/* Leaves blanks out at both ends. */
static void trim(const char **from, const char **end, char delimiter) {
    while (*from < *end && ps_text_is_blank(**from, delimiter))
        ++*from;
    while (*end > *from && ps_text_is_blank((*end)[-1], delimiter))
        --*end;
}

bool ps_text_take_field(ps_text_reader *reader, const char *from, const char *end, bool quoted) {
    const bool is_quoted = quoted && from < end && *from == '"';
    ps_numeral numeral;
    ps_numeral_kind kind = PS_NUMERAL_NONE;
    trim(&from, &end, reader->delimiter);
    const char *inner = from + is_quoted, *inner_end = end - is_quoted;
    if (!is_quoted) {
        kind = ps_numeral_read(from, (size_t)(end - from), &numeral);
    } else if (end - from >= 2 && end[-1] == '"') {
        /* A quote inside makes it no number, however it is meant. */
        trim(&inner, &inner_end, '\n');
        kind = ps_numeral_read(inner, (size_t)(inner_end - inner), &numeral);
    }
    switch (kind) {
    case PS_NUMERAL_NUMBER:
        return take_numeral(reader, &numeral) || ps_text_fail(reader, PS_FAULT_EXPONENT, from, end);
    case PS_NUMERAL_MISSING:
        reader->head->missing++;
        return true;
    case PS_NUMERAL_NOT_FINITE:
        if (reader->as_doubles)
            return ps_text_push_double(reader, ps_text_special(inner));
        return ps_text_fail(reader, PS_FAULT_NOT_FINITE, from, end);
    default:
        return ps_text_fail(reader, PS_FAULT_NO_NUMBER, from, end);
    }
}

void ps_text_read_block(ps_text_reader *reader) {
    const ps_text_block *const text = &reader->block->text;
    const uint64_t count = reader->block->count;
    reader->begin = text->data;
    reader->end = text->data + count;
    reader->fast_end = count >= PS_SHORT_READ_BYTES ? reader->end - PS_SHORT_READ_BYTES + 1 : reader->begin;
    reader->column = text->format->column;
    reader->delimiter = '\n';
    memset(reader->bin, 0, sizeof reader->bin);
    switch (text->format->layout) {
    case PS_TEXT_LIST:
        ps_text_fold_list(reader);
        break;
    case PS_TEXT_COLUMNS:
        ps_text_fold_columns(reader);
        break;
    case PS_TEXT_DELIMITED:
        reader->delimiter = text->format->delimiter;
        ps_text_fold_delimited(reader);
        break;
    }
    for (int i = 0; i < PS_BIN_COUNT && !reader->as_doubles; i++) {
        if (reader->bin[i].count > 0)
            ps_decimal_deposit(reader->partial, &reader->bin[i], PS_BIN_EXPONENT_MIN + i, reader->needs);
    }
}

void ps_text_fold(const ps_block *block, unsigned needs, ps_decimal_partial *partial) {
    ps_text_reader reader;
    reader.block = block;
    reader.needs = needs;
    reader.head = &partial->head;
    reader.partial = partial;
    reader.as_doubles = false;
    reader.split = false;
    ps_text_read_block(&reader);
}

void ps_text_split(const ps_block *block, unsigned needs, ps_text_column *columns, size_t column_count,
                   size_t *used, ps_decimal_partial *partial) {
    ps_text_reader reader;
    reader.block = block;
    reader.needs = needs;
    reader.head = &partial->head;
    reader.partial = partial;
    reader.as_doubles = false;
    reader.split = true;
    reader.columns = columns;
    reader.column_count = column_count;
    reader.columns_used = *used;
    ps_text_read_block(&reader);
    *used = reader.columns_used;
}
