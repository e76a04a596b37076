/* block.c - what all blocks and sources share. */
#include <stdlib.h>

#include "source/source.h"

ps_block ps_block_take(ps_block *block, uint64_t count) {
    ps_block taken = *block;
    taken.count = count;
    block->count -= count;
    switch (block->kind) {
    case PS_BLOCK_RANGE:
        block->range.first += (ps_int128)count * block->range.step;
        break;
    case PS_BLOCK_ARRAY:
        for (int operand = 0; operand < 2 && block->array.data[operand] != NULL; operand++)
            block->array.data[operand] += (int64_t)count * block->array.stride_bytes[operand];
        break;
    case PS_BLOCK_TEXT:
        block->text.data += count;
        break;
    }
    return taken;
}

void ps_source_free_names(ps_source *source) {
    for (size_t i = 0; i < source->name_count && source->names != NULL; i++)
        free(source->names[i]);
    free(source->names);
}

void ps_source_destroy(ps_source *source) {
    if (source != NULL)
        source->operations->destroy(source);
}
