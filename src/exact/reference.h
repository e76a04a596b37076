/* reference.h - two independent ways to the sums of a range, for verification: a plain loop and the closed form.
 *
 * Neither calls the folds, their accumulators or the queue; each fills an integer partial by itself. */
#ifndef PS_REFERENCE_H
#define PS_REFERENCE_H

#include "exact/partial.h"
#include "parsum.h"

/* Running totals of the reference loop: 256 bits as two words of 128, unsigned. */
typedef struct ps_reference_total {
    ps_uint128 low, high;
} ps_reference_total;

typedef struct ps_reference {
    uint64_t count;
    ps_reference_total positive, negative; /* sums of the magnitudes of each sign */
    ps_reference_total squares;            /* or the products that are not negative */
    ps_reference_total negative_products;  /* magnitudes */
    ps_int128 minimum, maximum;            /* where count > 0 */
} ps_reference;

/* Adds elements from .. from+count-1 (by index, from 0) of range to reference, one by one. needs: a mask of PS_NEED_;
 * what it leaves out stays unsummed. The range is within the bounds of parsum_range. */
void ps_reference_add(ps_reference *reference, const parsum_range *range, uint64_t from, uint64_t count,
                      unsigned needs);

/* Adds one element, with all that needs asks for and maybe more; with PS_NEED_PRODUCTS the product of element and factor. */
void ps_reference_add_element(ps_reference *reference, ps_int128 element, ps_int128 factor, unsigned needs);

/* Adds the totals of other to reference. */
void ps_reference_merge(ps_reference *reference, const ps_reference *other);

/* The totals as a partial, to be compared and finished. */
void ps_reference_to_partial(const ps_reference *reference, ps_integer_partial *partial);

/* The sums of all ranges from n(n-1)/2 and n(n-1)(2n-1)/6, in GMP integers. */
void ps_closed_form(const parsum_range *ranges, size_t range_count, ps_integer_partial *partial);

#endif
