/* text_fault.c - saying what is wrong with a text, and showing its bytes so that no terminal takes harm. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "source/text_header.h"

/* How many bytes the printable UTF-8 character at bytes has; 0: it is none. Control characters are those below U+00A0. */
static size_t printable_length(const unsigned char *bytes, size_t size) {
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0x20}, {0xe0, 0xc0, 0xa0}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t length = 1; length <= 4 && length <= size; length++) {
        if ((bytes[0] & forms[length - 1].mask) != forms[length - 1].lead)
            continue;
        uint32_t point = bytes[0] & (unsigned char)~forms[length - 1].mask;
        for (size_t i = 1; i < length; i++) {
            if ((bytes[i] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (bytes[i] & 0x3f);
        }
        const bool surrogate = point >= 0xd800 && point <= 0xdfff;
        /* Marks that turn the direction of what follows would disorder the message. */
        const bool direction = (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
                               (point >= 0x2066 && point <= 0x2069);
        const bool printable = point >= forms[length - 1].least && point != 0x7f && point <= 0x10ffff &&
                               !surrogate && !direction;
        return printable ? length : 0;
    }
    return 0;
}

void ps_text_printable(const char *bytes, size_t size, bool truncated, char *text, size_t text_size) {
    const size_t room = text_size - sizeof "...";
    size_t used = 0;
    for (size_t at = 0; at < size;) {
        const size_t length = printable_length((const unsigned char *)bytes + at, size - at);
        const size_t needed = length > 0 ? length : 4;
        if (used + needed > room) {
            truncated = true;
            break;
        }
        if (length > 0)
            memcpy(text + used, bytes + at, length);
        else
            snprintf(text + used, needed + 1, "\\x%02x", (unsigned)(unsigned char)bytes[at]);
        used += needed;
        at += length > 0 ? length : 1;
    }
    snprintf(text + used, text_size - used, "%s", truncated ? "..." : "");
}

/* What is wrong and what to do, behind the place; %s is the field. */
static const char *fault_sentence(uint32_t code) {
    switch (code) {
    case PS_FAULT_TOO_FEW_FIELDS:
        return "the line '%s' ends before the column that is read; complete the line, or name another "
               "--column "
               "or --delimiter";
    case PS_FAULT_EXPONENT:
        return "'%s' has digits beyond 10^1024 or below 10^-1024, which no sum here keeps; correct it, or "
               "leave "
               "the field out";
    case PS_FAULT_OPEN_QUOTE:
        return "the quoted field '%s' has no end; close its quote, or write a quote that is part of a field "
               "twice";
    case PS_FAULT_NOT_FINITE:
        return "'%s' is no decimal number; correct it, or write NA where the value is missing";
    default:
        return "'%s' is no number; correct it, or write NA where the value is missing";
    }
}

/* At most as many bytes of the field as make no part of a character at its end, where it was cut. */
static size_t whole_characters(const ps_fault *fault) {
    size_t size = sizeof fault->field;
    if (fault->field_length <= size)
        return (size_t)fault->field_length;
    for (size_t back = 1; back <= 3; back++) {
        const unsigned char byte = (unsigned char)fault->field[size - back];
        if ((byte & 0xc0) == 0xc0)
            return size - back;
        if ((byte & 0x80) == 0)
            break;
    }
    return size;
}

parsum_status ps_text_describe_fault(const ps_fault *fault, const char *name, parsum_error *error) {
    const size_t size = whole_characters(fault);
    char field[4 * sizeof fault->field + sizeof "..."];
    char place[64];
    char sentence[512];
    ps_text_printable(fault->field, size, fault->field_length > size, field, sizeof field);
    if (fault->line > 0)
        snprintf(place, sizeof place, "%" PRIu64 ":%" PRIu64, fault->line, fault->column);
    else
        snprintf(place, sizeof place, "byte %" PRIu64, fault->offset + 1);
        /* fault_sentence gives literals only. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(sentence, sizeof sentence, fault_sentence(fault->code), field);
#pragma GCC diagnostic pop
    return ps_fail(error, PARSUM_BAD_INPUT, "%s:%s: %s", name, place, sentence);
}
