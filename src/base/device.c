/* device.c - copies of a device's description. */
#include "base/device.h"

#include <stdlib.h>
#include <string.h>

bool ps_device_copy(parsum_device *to, const parsum_device *from) {
    *to = *from;
    to->name = strdup(from->name);
    to->platform = strdup(from->platform);
    to->driver = strdup(from->driver);
    if (to->name != NULL && to->platform != NULL && to->driver != NULL)
        return true;
    ps_device_free(to);
    return false;
}

void ps_device_free(parsum_device *device) {
    free(device->name);
    free(device->platform);
    free(device->driver);
    device->name = device->platform = device->driver = NULL;
}
