/* SPDX-License-Identifier: MIT */
#include "cmd/demo_device.h"

#include <jansson.h>

#include "lib/cmocka.h"

enum { STEPS = 2000 };

static demo_device made(void)
{
    demo_device device;
    demo_device_init(&device, 7, 1);
    return device;
}

static void pass(demo_device *device)
{
    for (size_t i = 0; i < STEPS; i++) {
        demo_device_step(device);
        assert_in_range(device->speed, 0, DEMO_DEVICE_SPEED_MAX);
    }
}

static void test_the_same_seed_the_same_pump(void **state)
{
    (void)state;
    demo_device a = made();
    demo_device b = made();
    demo_device other;
    demo_device_init(&other, 8, 1);
    pass(&a);
    pass(&b);
    pass(&other);
    assert_int_equal(a.temperature, b.temperature);
    assert_int_equal(a.random.state, b.random.state);
    assert_int_not_equal(a.random.state, other.random.state);
}

static void test_it_obeys(void **state)
{
    (void)state;
    demo_device device = made();
    assert_true(demo_device_obey(&device, "speed", DEMO_DEVICE_SPEED_MAX));
    pass(&device);
    assert_true(device.speed > DEMO_DEVICE_SPEED_MAX - 200);
    const int64_t hot = device.temperature;
    assert_true(demo_device_obey(&device, "stop", 0));
    pass(&device);
    assert_int_equal(device.speed, 0);
    assert_int_equal(device.pressure, 0);
    assert_true(device.temperature < hot);
    assert_true(demo_device_obey(&device, "start", 0));
    pass(&device);
    assert_true(device.speed > DEMO_DEVICE_SPEED_MAX - 200);
}

static void test_what_it_cannot(void **state)
{
    (void)state;
    demo_device device = made();
    const int64_t wanted = device.wanted;
    assert_false(demo_device_obey(&device, "speed", DEMO_DEVICE_SPEED_MAX + 1));
    assert_false(demo_device_obey(&device, "speed", -1));
    assert_false(demo_device_obey(&device, "fly", 0));
    assert_false(demo_device_obey(&device, "", 0));
    assert_int_equal(device.wanted, wanted);
    assert_true(demo_device_obey(&device, "speed", 0));
}

static void test_json(void **state)
{
    (void)state;
    demo_device device = made();
    char text[DEMO_STATE_SIZE_MAX];
    demo_device_write(&device, text);
    json_t *value = json_loads(text, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(value, "device")), "pump-07");
    assert_true(json_is_true(json_object_get(value, "running")));
    assert_int_equal(json_integer_value(json_object_get(value, "speed")), device.speed);
    json_decref(value);
    device = (demo_device){
        .number = UINT32_MAX, .speed = INT64_MIN, .temperature = INT64_MIN, .pressure = INT64_MIN};
    demo_device_write(&device, text);
    value = json_loads(text, 0, NULL);
    assert_non_null(value);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_seed_the_same_pump),
        cmocka_unit_test(test_it_obeys),
        cmocka_unit_test(test_what_it_cannot),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
