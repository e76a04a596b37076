/* device.h - copies of a device's description. */
#ifndef PS_DEVICE_H
#define PS_DEVICE_H

#include "parsum.h"

/* Copies a device's description with its strings; false: out of memory. */
bool ps_device_copy(parsum_device *to, const parsum_device *from);

/* Frees the strings. */
void ps_device_free(parsum_device *device);

#endif
