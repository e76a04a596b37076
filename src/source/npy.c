/* npy.c - the header of .npy files: a prefix with its length, and a Python dict of three keys. Owns that grammar and the
 * bounds of what it describes; reads no data behind the header. */
#include "source/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
/* Where the version and the length of the text stand, in the prefix. */
enum { VERSION_AT = sizeof magic, LENGTH_AT = VERSION_AT + 2 };

static const bool little_endian_machine = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

typedef enum key { KEY_DESCR, KEY_ORDER, KEY_SHAPE, KEYS } key;
static const char *const key_names[KEYS] = {"descr", "fortran_order", "shape"};

/* The text of the header, and where reading stands in it. */
typedef struct header_text {
    const char *name; /* the input's */
    const char *text, *at, *end;
    size_t text_offset; /* of text in the file */
    bool seen[KEYS];
} header_text;

/* What lies between the quotes of a string. */
typedef struct token {
    const char *text;
    size_t length;
} token;

/* Bytes of a quoted piece of the file, at most so many, and the terminator. */
enum { QUOTE_MAX = 32 };

static const char *printable(token piece, char *buffer) {
    const size_t length = piece.length < QUOTE_MAX ? piece.length : QUOTE_MAX;
    for (size_t i = 0; i < length; i++)
        buffer[i] = piece.text[i] >= ' ' && piece.text[i] <= '~' ? piece.text[i] : '?';
    buffer[length] = '\0';
    return buffer;
}

static parsum_status fail_damaged(const header_text *header, const char *expected, parsum_error *error) {
    return ps_fail(error, PARSUM_BAD_INPUT, "%s has a damaged .npy header: at byte %zu there must be %s",
                   header->name, header->text_offset + (size_t)(header->at - header->text), expected);
}

/* The types of numbers that there are, each of one size. */
static const struct {
    char kind;
    char digit;
    parsum_type type;
} number_types[] = {
    {'i', '1', PARSUM_I8},  {'i', '2', PARSUM_I16}, {'i', '4', PARSUM_I32}, {'i', '8', PARSUM_I64},
    {'u', '1', PARSUM_U8},  {'u', '2', PARSUM_U16}, {'u', '4', PARSUM_U32}, {'u', '8', PARSUM_U64},
    {'f', '4', PARSUM_F32}, {'f', '8', PARSUM_F64},
};

/* The other types that arrays can have, by the first letters of what follows the byte order; the first that fits counts. */
static const struct {
    const char *prefix;
    const char *what;
    const char *advice;
} refused_types[] = {
    {"b1", "booleans", "save array.astype('u1')"},
    {"f2", "floats of 16 bits", "save array.astype('f4'), which holds every one of them"},
    {"f", "floats of more than 64 bits", "save array.astype('f8')"},
    {"c", "complex numbers", "save array.real and array.imag"},
    {"S", "byte strings", "save array.astype('f8'), or the strings as text"},
    {"a", "byte strings", "save array.astype('f8'), or the strings as text"},
    {"U", "strings", "save array.astype('f8'), or the strings as text"},
    {"O", "Python objects", "save array.astype('i8') or array.astype('f8')"},
    {"V", "structured or raw records", "save one of its fields, array['field']"},
    {"M", "dates", "save array.astype('i8')"},
    {"m", "time differences", "save array.astype('i8')"},
};

static parsum_status fail_type(const char *name, token descr, const char *what, const char *advice,
                               parsum_error *error) {
    char quoted[QUOTE_MAX + 1];
    return ps_fail(
        error, PARSUM_BAD_INPUT,
        "%s holds %s (type '%s'), which have no sum here: %s; types are i1, i2, i4, i8, u1, u2, u4, "
        "u8, f4 and f8",
        name, what, printable(descr, quoted), advice);
}

static parsum_status refuse_type(const char *name, token descr, parsum_error *error) {
    const token type = {descr.text + 1, descr.length - 1};
    for (size_t i = 0; descr.length > 1 && i < sizeof refused_types / sizeof refused_types[0]; i++) {
        const size_t length = strlen(refused_types[i].prefix);
        if (type.length >= length && memcmp(type.text, refused_types[i].prefix, length) == 0)
            return fail_type(name, descr, refused_types[i].what, refused_types[i].advice, error);
    }
    return fail_type(name, descr, "elements of an unknown type",
                     "save array.astype('i8') or array.astype('f8')", error);
}

/* A byte order and a type of numbers: "<i8". '=' is this machine's order, '|' says that there is none. */
static parsum_status parse_type(const char *name, token descr, ps_npy *npy, parsum_error *error) {
    if (descr.length != 3 || memchr("<>=|", descr.text[0], 4) == NULL)
        return refuse_type(name, descr, error);
    const char order = descr.text[0];
    for (size_t i = 0; i < sizeof number_types / sizeof number_types[0]; i++) {
        if (number_types[i].kind != descr.text[1] || number_types[i].digit != descr.text[2])
            continue;
        const bool one_byte = descr.text[2] == '1';
        if (order == '|' && !one_byte)
            return fail_type(name, descr, "numbers without a byte order",
                             "write '<' or '>' in its header, as is right", error);
        npy->type = number_types[i].type;
        npy->swapped = !one_byte && order == (little_endian_machine ? '>' : '<');
        return PARSUM_OK;
    }
    return refuse_type(name, descr, error);
}

static void skip_space(header_text *header) {
    while (header->at < header->end && memchr(" \t\n\r\f", *header->at, 5) != NULL)
        header->at++;
}

/* Takes one byte, and the white space before it, where it is the next one. */
static bool take(header_text *header, char byte) {
    skip_space(header);
    if (header->at == header->end || *header->at != byte)
        return false;
    header->at++;
    return true;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static bool is_word(char byte) {
    return is_digit(byte) || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_';
}

static bool take_word(header_text *header, const char *word) {
    const size_t length = strlen(word);
    skip_space(header);
    if ((size_t)(header->end - header->at) < length || memcmp(header->at, word, length) != 0)
        return false;
    if (header->at + length < header->end && is_word(header->at[length]))
        return false;
    header->at += length;
    return true;
}

/* A string without escapes, which no type and no key needs. */
static bool take_string(header_text *header, token *string) {
    skip_space(header);
    if (header->at == header->end || (*header->at != '\'' && *header->at != '"'))
        return false;
    const char quote = *header->at;
    const char *end = header->at + 1;
    while (end < header->end && *end != quote && *end != '\\' && *end != '\n' && *end != '\0')
        end++;
    if (end == header->end || *end != quote)
        return false;
    *string = (token){header->at + 1, (size_t)(end - header->at - 1)};
    header->at = end + 1;
    return true;
}

/* A size below 2^63, with Python 2's suffix of long integers where that stands. */
static parsum_status parse_size(header_text *header, uint64_t *size, parsum_error *error) {
    const char *const start = header->at;
    *size = 0;
    if (*start == '-')
        return fail_damaged(header, "a size that is not negative", error);
    while (header->at < header->end && is_digit(*header->at)) {
        const uint64_t digit = (uint64_t)(*header->at - '0');
        if (*size > (INT64_MAX - digit) / 10) {
            header->at = start;
            return fail_damaged(header, "a size below 2^63", error);
        }
        *size = *size * 10 + digit;
        header->at++;
    }
    if (header->at == start || (*start == '0' && header->at > start + 1)) {
        header->at = start;
        return fail_damaged(header, "a size in decimal", error);
    }
    if (header->at < header->end && *header->at == 'L')
        header->at++;
    return PARSUM_OK;
}

/* (), (3,), (3, 4) and (3, 4,), but not (3), which is no tuple. */
static parsum_status parse_shape(header_text *header, ps_npy *npy, parsum_error *error) {
    const unsigned most = sizeof npy->shape / sizeof npy->shape[0];
    bool comma = true;
    npy->dimensions = 0;
    if (!take(header, '('))
        return fail_damaged(header, "the shape's '('", error);
    while (!take(header, ')')) {
        if (header->at == header->end || !comma)
            return fail_damaged(header, "',' or ')' in the shape", error);
        if (npy->dimensions == most)
            return ps_fail(error, PARSUM_BAD_INPUT, "%s has more than %u dimensions; save array.reshape(-1)",
                           header->name, most);
        const parsum_status status = parse_size(header, &npy->shape[npy->dimensions], error);
        if (status != PARSUM_OK)
            return status;
        npy->dimensions++;
        comma = take(header, ',');
    }
    if (npy->dimensions == 1 && !comma)
        return fail_damaged(header, "a shape of one dimension as Python has it, such as (3,)", error);
    return PARSUM_OK;
}

static parsum_status parse_descr(header_text *header, ps_npy *npy, parsum_error *error) {
    token descr;
    skip_space(header);
    if (header->at < header->end && (*header->at == '[' || *header->at == '(')) {
        descr = (token){header->at, (size_t)(header->end - header->at)};
        return fail_type(header->name, descr, "structured records", "save one of its fields, array['field']",
                         error);
    }
    if (!take_string(header, &descr))
        return fail_damaged(header, "the type, such as '<i8'", error);
    return parse_type(header->name, descr, npy, error);
}

static parsum_status parse_order(header_text *header, ps_npy *npy, parsum_error *error) {
    if (take_word(header, "True"))
        npy->fortran_order = true;
    else if (take_word(header, "False"))
        npy->fortran_order = false;
    else
        return fail_damaged(header, "True or False", error);
    return PARSUM_OK;
}

static parsum_status parse_key(header_text *header, key *found, parsum_error *error) {
    token name;
    skip_space(header);
    const char *const start = header->at;
    if (!take_string(header, &name))
        return fail_damaged(header, "a key in quotes, or '}'", error);
    for (unsigned i = 0; i < KEYS; i++) {
        if (strlen(key_names[i]) != name.length || memcmp(key_names[i], name.text, name.length) != 0)
            continue;
        if (header->seen[i]) {
            header->at = start;
            return fail_damaged(header, "no key for the second time", error);
        }
        header->seen[i] = true;
        *found = (key)i;
        if (!take(header, ':'))
            return fail_damaged(header, "':'", error);
        return PARSUM_OK;
    }
    header->at = start;
    return fail_damaged(header, "one of the keys 'descr', 'fortran_order' and 'shape'", error);
}

static parsum_status parse_entry(header_text *header, ps_npy *npy, parsum_error *error) {
    key found = KEYS;
    const parsum_status status = parse_key(header, &found, error);
    if (status != PARSUM_OK)
        return status;
    if (found == KEY_DESCR)
        return parse_descr(header, npy, error);
    if (found == KEY_ORDER)
        return parse_order(header, npy, error);
    return parse_shape(header, npy, error);
}

static parsum_status parse_dict(header_text *header, ps_npy *npy, parsum_error *error) {
    bool comma = true;
    if (!take(header, '{'))
        return fail_damaged(header, "'{'", error);
    while (!take(header, '}')) {
        if (!comma)
            return fail_damaged(header, "',' or '}'", error);
        const parsum_status status = parse_entry(header, npy, error);
        if (status != PARSUM_OK)
            return status;
        comma = take(header, ',');
    }
    skip_space(header);
    if (header->at < header->end)
        return fail_damaged(header, "nothing but white space behind the '}'", error);
    for (unsigned i = 0; i < KEYS; i++) {
        if (!header->seen[i])
            return ps_fail(error, PARSUM_BAD_INPUT, "%s has a damaged .npy header: it has no key '%s'",
                           header->name, key_names[i]);
    }
    return PARSUM_OK;
}

/* The product of the sizes. With a zero among them it is 0, whatever the others are: so zeros are looked for before
 * anything is multiplied. Otherwise every factor is at least 1, so a product in the making never exceeds the whole one,
 * and the first to exceed the most means that the whole one does. */
static parsum_status multiply_shape(const char *name, ps_npy *npy, parsum_error *error) {
    const uint64_t most = (uint64_t)INT64_MAX / parsum_type_size(npy->type);
    npy->count = 1;
    for (unsigned i = 0; i < npy->dimensions; i++) {
        if (npy->shape[i] == 0)
            npy->count = 0;
    }
    for (unsigned i = 0; npy->count > 0 && i < npy->dimensions; i++) {
        if (npy->shape[i] > most / npy->count)
            return ps_fail(error, PARSUM_BAD_INPUT,
                           "%s has a damaged .npy header: its shape has more than 2^63 bytes", name);
        npy->count *= npy->shape[i];
    }
    return PARSUM_OK;
}

static parsum_status fail_cut_off(const char *name, size_t size, parsum_error *error) {
    return ps_fail(error, PARSUM_BAD_INPUT, "%s is cut off in its .npy header, at byte %zu; copy it again",
                   name, size);
}

/* Finds where the text of the header lies. Its length has 2 bytes in version 1 and 4 in versions 2 and 3. */
static parsum_status find_text(const unsigned char *data, size_t size, header_text *header,
                               parsum_error *error) {
    if (size < LENGTH_AT)
        return fail_cut_off(header->name, size, error);
    const unsigned major = data[VERSION_AT], minor = data[VERSION_AT + 1];
    if (major < 1 || major > 3 || minor != 0)
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "%s is a .npy file of version %u.%u; save it as 1.0, 2.0 or 3.0", header->name, major,
                       minor);
    const size_t length_bytes = major == 1 ? 2 : 4;
    if (size < LENGTH_AT + length_bytes)
        return fail_cut_off(header->name, size, error);
    uint32_t length = 0;
    for (size_t i = 0; i < length_bytes; i++)
        length |= (uint32_t)data[LENGTH_AT + i] << 8 * i;
    if (length > PS_NPY_HEADER_MAX)
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "%s has a .npy header of %" PRIu32 " bytes; at most %d are read", header->name, length,
                       PS_NPY_HEADER_MAX);
    header->text_offset = LENGTH_AT + length_bytes;
    if (size - header->text_offset < length)
        return fail_cut_off(header->name, size, error);
    header->text = header->at = (const char *)data + header->text_offset;
    header->end = header->text + length;
    return PARSUM_OK;
}

bool ps_npy_is_magic(const unsigned char *data, size_t size) {
    return size >= sizeof magic && memcmp(data, magic, sizeof magic) == 0;
}

parsum_status ps_npy_parse(const unsigned char *data, size_t size, const char *name, ps_npy *npy,
                           parsum_error *error) {
    header_text header = {.name = name};
    ps_npy parsed = {.type = PARSUM_I8};
    if (size < sizeof magic && (size == 0 || memcmp(data, magic, size) == 0))
        return fail_cut_off(name, size, error);
    if (!ps_npy_is_magic(data, size))
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "%s is no .npy file: it does not begin with the bytes 93 4e 55 4d 50 59", name);
    parsum_status status = find_text(data, size, &header, error);
    if (status == PARSUM_OK)
        status = parse_dict(&header, &parsed, error);
    if (status == PARSUM_OK)
        status = multiply_shape(name, &parsed, error);
    if (status != PARSUM_OK)
        return status;
    parsed.data_offset = header.text_offset + (size_t)(header.end - header.text);
    *npy = parsed;
    return PARSUM_OK;
}
