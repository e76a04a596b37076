/* suggest.c - the nearest right spelling of a mistyped word. */
#include <ctype.h>
#include <string.h>

#include "cli/settings.h"

enum { WORD_MAX = 32 };

static size_t least(size_t a, size_t b, size_t c) {
    const size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein's distance, ignoring case (Wagner and Fischer 1974); words of at most WORD_MAX letters. */
static size_t distance(const char *left, const char *right) {
    const size_t right_length = strlen(right);
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= right_length; j++)
        row[j] = j;
    for (size_t i = 1; left[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= right_length; j++) {
            const bool same = tolower((unsigned char)left[i - 1]) == tolower((unsigned char)right[j - 1]);
            const size_t next = least(row[j] + 1, row[j - 1] + 1, diagonal + !same);
            diagonal = row[j];
            row[j] = next;
        }
    }
    return row[right_length];
}

const char *suggest(const char *text, const char *const *names) {
    const char *nearest = NULL;
    const size_t length = strlen(text);
    size_t nearest_distance = length / 2 + 1;
    if (length == 0 || length > WORD_MAX)
        return NULL;
    for (; *names != NULL; names++) {
        if (strlen(*names) > WORD_MAX)
            continue;
        /* A word cut short is near: "comp" for "compare". */
        const size_t found = length >= 3 && strncmp(text, *names, length) == 0 ? 1 : distance(text, *names);
        if (found < nearest_distance) {
            nearest_distance = found;
            nearest = *names;
        }
    }
    return nearest;
}
