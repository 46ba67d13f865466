/* SPDX-License-Identifier: MIT */
#include "cmd/demo_device.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    SPEED_FIRST = 1000, /* and up to a thousand more */
    SPEED_NOISE = 12,
    TEMPERATURE_ROOM = 190, /* tenths of a degree */
    TEMPERATURE_NOISE = 3,
    INERTIA = 6,  /* a step goes this part of the way to the speed that is wanted */
    WARMTH = 24,  /* the same for the temperature */
    HEATING = 5,  /* turns that warm by a tenth of a degree */
    PRESSING = 5, /* turns for a hundredth of a bar */
};

void demo_device_init(demo_device *it, uint32_t number, uint64_t seed)
{
    *it = (demo_device){.random = {seed + number}, .number = number, .is_running = true};
    it->wanted = SPEED_FIRST + (int64_t)(demo_random_next(&it->random) % 11) * 100;
    it->speed = it->wanted;
    it->temperature = TEMPERATURE_ROOM + it->wanted / HEATING;
}

void demo_device_step(demo_device *it)
{
    const int64_t wanted = it->is_running ? it->wanted : 0;
    it->speed += (wanted - it->speed) / INERTIA;
    if (it->is_running) it->speed += demo_random_around(&it->random, SPEED_NOISE);
    if (it->speed < 0 || (!it->is_running && it->speed < INERTIA)) it->speed = 0;
    if (it->speed > DEMO_DEVICE_SPEED_MAX) it->speed = DEMO_DEVICE_SPEED_MAX;

    const int64_t warm = TEMPERATURE_ROOM + it->speed / HEATING;
    it->temperature += (warm - it->temperature) / WARMTH;
    it->temperature += demo_random_around(&it->random, TEMPERATURE_NOISE);
    it->pressure = it->speed / PRESSING;
}

bool demo_device_obey(demo_device *it, const char *command, int64_t value)
{
    if (strcmp(command, "start") == 0) {
        it->is_running = true;
        return true;
    }
    if (strcmp(command, "stop") == 0) {
        it->is_running = false;
        return true;
    }
    if (strcmp(command, "speed") != 0 || value < 0 || value > DEMO_DEVICE_SPEED_MAX) return false;
    it->wanted = value;
    return true;
}

void demo_device_write(const demo_device *it, char text[DEMO_STATE_SIZE_MAX])
{
    snprintf(text, DEMO_STATE_SIZE_MAX,
             "{\"device\":\"pump-%02" PRIu32 "\",\"running\":%s,\"speed\":%" PRId64
             ",\"temperature\":%" PRId64 ",\"pressure\":%" PRId64 "}",
             it->number, it->is_running ? "true" : "false", it->speed, it->temperature,
             it->pressure);
}
