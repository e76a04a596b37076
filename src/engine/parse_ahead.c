/* parse_ahead.c - text parsed by threads into arrays: of integers by exponent, or of the nearest doubles. */
#include "engine/parse_ahead.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/crew.h"
#include "fold/text.h"

/* A block of text has at most one number in two bytes, and usually no more bytes than are asked for; what has no room is
 * summed up here. Decimals of one block usually share one or two exponents; those of further ones are summed up here, too. */
enum {
    TEXT_BYTES = 512 * 1024,
    COLUMN_NUMBERS = TEXT_BYTES / 2,
    NUMBER_BYTES = 8, /* an int64_t or a double */
    COLUMN_BYTES = COLUMN_NUMBERS * NUMBER_BYTES,
    COLUMNS_MOST = 4,
    OUT_MOST = 64 /* arrays that engines hold at once */
};
_Static_assert(sizeof(int64_t) == NUMBER_BYTES && sizeof(double) == NUMBER_BYTES, "columns hold either");

typedef struct parser {
    ps_block text; /* count 0: nothing to parse */
    unsigned char *memory[COLUMNS_MOST];
    ps_block arrays[COLUMNS_MOST]; /* what was found; count 0: its memory was not needed */
    ps_partial *rest;
} parser;

typedef struct parse_ahead {
    ps_source source;
    ps_source *text;
    const ps_job *job;
    size_t columns; /* arrays that a block of text may become */
    ps_crew *crew;
    unsigned parser_count;
    parser *parsers;        /* one a thread */
    unsigned char *numbers; /* slot_count buffers of COLUMN_BYTES */
    uint32_t slot_count;
    uint32_t *free_slots;
    size_t free_count;
    ps_block *ready; /* to be given out, last first */
    size_t ready_count;
    ps_partial *rest; /* of all parsers, since the last rewind */
    double seconds;
    bool ended;
} parse_ahead;

static bool takes_doubles(const ps_job *job) {
    return job->kind == &ps_kinds[PS_KIND_FLOAT];
}

static void parse_doubles(const ps_job *job, parser *own) {
    const size_t count =
        ps_text_gather_doubles(&own->text, job->isa->floats, job->needs, (double *)(void *)own->memory[0],
                               COLUMN_NUMBERS, (ps_float_partial *)own->rest);
    own->arrays[0].count = count;
    own->arrays[0].array.type = PARSUM_F64;
}

static void parse_decimals(const ps_job *job, parser *own) {
    ps_text_column columns[COLUMNS_MOST];
    size_t used = 0;
    for (size_t c = 0; c < COLUMNS_MOST; c++)
        columns[c] =
            (ps_text_column){.capacity = COLUMN_NUMBERS, .mantissa = (int64_t *)(void *)own->memory[c]};
    ps_text_split(&own->text, job->needs, columns, COLUMNS_MOST, &used, (ps_decimal_partial *)own->rest);
    for (size_t c = 0; c < used; c++) {
        own->arrays[c].count = columns[c].count;
        own->arrays[c].array.type = PARSUM_I64;
        own->arrays[c].array.exponent = columns[c].exponent;
    }
}

static void parse(unsigned index, void *context) {
    const parse_ahead *ahead = context;
    parser *own = &ahead->parsers[index];
    if (own->text.count == 0)
        return;
    for (size_t c = 0; c < ahead->columns; c++)
        own->arrays[c] = (ps_block){.kind = PS_BLOCK_ARRAY,
                                    .input = own->text.input,
                                    .array = {.data = {own->memory[c]}, .stride_bytes = {NUMBER_BYTES}}};
    if (takes_doubles(ahead->job))
        parse_doubles(ahead->job, own);
    else
        parse_decimals(ahead->job, own);
}

static unsigned char *slot_memory(const parse_ahead *ahead, uint32_t slot) {
    return ahead->numbers + (size_t)slot * COLUMN_BYTES;
}

static uint32_t slot_of(const parse_ahead *ahead, const unsigned char *memory) {
    return (uint32_t)((size_t)(memory - ahead->numbers) / COLUMN_BYTES);
}

/* Takes one block of text for each parser, with memory for its columns. A block of another kind is ready as it is. */
static unsigned take_texts(parse_ahead *ahead) {
    unsigned taken = 0;
    for (unsigned i = 0; i < ahead->parser_count; i++)
        ahead->parsers[i].text.count = 0;
    while (taken < ahead->parser_count) {
        ps_block block;
        if (ahead->free_count < ahead->columns) {
            ps_fail(&ahead->source.failure, PARSUM_FAILED,
                    "an engine holds too many blocks; please report this");
            break;
        }
        if (!ahead->text->operations->next(ahead->text, TEXT_BYTES, &block)) {
            ahead->ended = true;
            break;
        }
        if (block.kind != PS_BLOCK_TEXT) {
            ahead->ready[ahead->ready_count++] = block;
            break;
        }
        parser *next = &ahead->parsers[taken++];
        next->text = block;
        for (size_t c = 0; c < ahead->columns; c++)
            next->memory[c] = slot_memory(ahead, ahead->free_slots[--ahead->free_count]);
    }
    return taken;
}

/* Gives out what one parser has found; its unused columns are free again. */
static void take_columns(parse_ahead *ahead, parser *done) {
    for (size_t c = 0; c < ahead->columns; c++) {
        if (done->arrays[c].count == 0)
            ahead->free_slots[ahead->free_count++] = slot_of(ahead, done->memory[c]);
        else
            ahead->ready[ahead->ready_count++] = done->arrays[c];
    }
    if (ahead->text->operations->release != NULL)
        ahead->text->operations->release(ahead->text, &done->text);
    ahead->job->kind->merge(ahead->rest, done->rest);
    ahead->job->kind->clear(done->rest);
}

static bool parse_more(parse_ahead *ahead) {
    const double start = ps_clock_seconds();
    const unsigned taken = take_texts(ahead);
    if (taken > 0)
        ps_crew_run(ahead->crew, NULL, NULL);
    for (unsigned i = 0; i < taken; i++)
        take_columns(ahead, &ahead->parsers[i]);
    if (ahead->text->failure.status != PARSUM_OK)
        ahead->source.failure = ahead->text->failure;
    if (ahead->rest->fault.code != PS_FAULT_NONE || ahead->source.failure.status != PARSUM_OK)
        ahead->ended = true;
    ahead->seconds += ps_clock_seconds() - start;
    return ahead->source.failure.status == PARSUM_OK;
}

static bool ahead_next(ps_source *source, uint64_t want, ps_block *block) {
    parse_ahead *ahead = (parse_ahead *)source;
    (void)want; /* arrays are small */
    while (ahead->ready_count == 0) {
        if (ahead->ended || !parse_more(ahead))
            return false;
    }
    *block = ahead->ready[--ahead->ready_count];
    return true;
}

static void ahead_release(ps_source *source, const ps_block *block) {
    parse_ahead *ahead = (parse_ahead *)source;
    const unsigned char *data = block->array.data[0];
    const bool own = block->kind == PS_BLOCK_ARRAY && data >= ahead->numbers &&
                     data < ahead->numbers + (size_t)ahead->slot_count * COLUMN_BYTES;
    if (own)
        ahead->free_slots[ahead->free_count++] = slot_of(ahead, data);
    else if (ahead->text->operations->release != NULL)
        ahead->text->operations->release(ahead->text, block);
}

static void ahead_rewind(ps_source *source) {
    parse_ahead *ahead = (parse_ahead *)source;
    ahead->text->operations->rewind(ahead->text);
    source->failure = ahead->text->failure;
    ahead->free_count = ahead->slot_count;
    for (uint32_t i = 0; i < ahead->slot_count; i++)
        ahead->free_slots[i] = ahead->slot_count - 1 - i;
    ahead->ready_count = 0;
    ahead->ended = false;
    ahead->seconds = 0;
    ahead->job->kind->clear(ahead->rest);
}

static bool ahead_check(ps_source *source) {
    const parse_ahead *ahead = (const parse_ahead *)source;
    if (ahead->text->operations->check == NULL || ahead->text->operations->check(ahead->text))
        return true;
    source->failure = ahead->text->failure;
    return false;
}

static bool ahead_cut_carefully(ps_source *source) {
    ps_source *text = ((parse_ahead *)source)->text;
    return text->operations->cut_carefully != NULL && text->operations->cut_carefully(text);
}

static parsum_status ahead_describe_fault(const ps_source *source, const ps_fault *fault,
                                          parsum_error *error) {
    const ps_source *text = ((const parse_ahead *)source)->text;
    return text->operations->describe_fault(text, fault, error);
}

static void ahead_destroy(ps_source *source) {
    parse_ahead *ahead = (parse_ahead *)source;
    ps_crew_destroy(ahead->crew);
    for (unsigned i = 0; i < ahead->parser_count && ahead->parsers != NULL; i++)
        free(ahead->parsers[i].rest);
    free(ahead->parsers);
    free(ahead->numbers);
    free(ahead->free_slots);
    free(ahead->ready);
    free(ahead->rest);
    free(ahead);
}

static const ps_source_operations ahead_operations = {
    .next = ahead_next,
    .release = ahead_release,
    .rewind = ahead_rewind,
    .check = ahead_check,
    .cut_carefully = ahead_cut_carefully,
    .describe_fault = ahead_describe_fault,
    .destroy = ahead_destroy,
};

/* Memory for all that can be in use at once; pages that are not touched cost nothing. */
static bool allocate(parse_ahead *ahead) {
    enum { ALIGNMENT_BYTES = 4096 };
    ahead->slot_count = ahead->parser_count * (uint32_t)ahead->columns + OUT_MOST;
    ahead->numbers = aligned_alloc(ALIGNMENT_BYTES, (size_t)ahead->slot_count * COLUMN_BYTES);
    ahead->free_slots = calloc(ahead->slot_count, sizeof *ahead->free_slots);
    ahead->ready = calloc(ahead->parser_count * ahead->columns + 1, sizeof *ahead->ready);
    ahead->rest = ps_partial_create(ahead->job->kind);
    bool made =
        ahead->numbers != NULL && ahead->free_slots != NULL && ahead->ready != NULL && ahead->rest != NULL;
    for (unsigned i = 0; i < ahead->parser_count && made; i++) {
        ahead->parsers[i].rest = ps_partial_create(ahead->job->kind);
        made = ahead->parsers[i].rest != NULL;
    }
    return made;
}

parsum_status ps_parse_ahead_create(ps_source *text, const ps_job *job, ps_source **parsed,
                                    parsum_error *error) {
    parse_ahead *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the parsers of text");
    made->source = *text;
    made->source.operations = &ahead_operations;
    made->source.block_kinds = (text->block_kinds & ~(1u << PS_BLOCK_TEXT)) | 1u << PS_BLOCK_ARRAY;
    made->source.total_count = PS_COUNT_UNKNOWN;
    made->text = text;
    made->job = job;
    made->columns = takes_doubles(job) ? 1 : COLUMNS_MOST;
    made->parsers = calloc(job->workers, sizeof *made->parsers);
    parsum_status status = made->parsers == NULL ? ps_fail_memory(error, "the parsers of text")
                                                 : ps_crew_create(job->workers, parse, made, &made->crew,
                                                                  &made->parser_count, error);
    if (status == PARSUM_OK)
        ps_crew_notice(&job->monitor, "the parsing of text", made->parser_count, job->workers);
    if (status == PARSUM_OK && !allocate(made))
        status = ps_fail_memory(error, "the parsers of text");
    if (status != PARSUM_OK) {
        ahead_destroy(&made->source);
        return status;
    }
    made->source.rest = made->rest;
    *parsed = &made->source;
    return PARSUM_OK;
}

double ps_parse_ahead_seconds(const ps_source *parsed) {
    return ((const parse_ahead *)parsed)->seconds;
}
