/* SPDX-License-Identifier: MIT */
/* A pump that does not exist: it turns, warms up, and obeys. */
#ifndef HAWSER_CMD_DEMO_DEVICE_H
#define HAWSER_CMD_DEMO_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/demo_random.h"

enum {
    DEMO_DEVICE_SPEED_MAX = 3000, /* turns in a minute */
    DEMO_STATE_SIZE_MAX = 160,    /* bytes of a state in JSON, terminated */
};

typedef struct demo_device {
    demo_random random;
    uint32_t number; /* from 1: it is pump-01 */
    bool is_running;
    int64_t wanted;      /* turns in a minute */
    int64_t speed;       /* turns in a minute */
    int64_t temperature; /* tenths of a degree Celsius */
    int64_t pressure;    /* hundredths of a bar */
} demo_device;

void demo_device_init(demo_device *device, uint32_t number, uint64_t seed);

/* A moment passes. */
void demo_device_step(demo_device *device);

/* Obeys "start", "stop" and "speed", to which a value belongs.
 *
 * Returns: false when it cannot. */
bool demo_device_obey(demo_device *device, const char *command, int64_t value);

/* {"device":"pump-01","running":true,"speed":1500,"temperature":412,"pressure":305} */
void demo_device_write(const demo_device *device, char text[DEMO_STATE_SIZE_MAX]);

#endif /* HAWSER_CMD_DEMO_DEVICE_H */
