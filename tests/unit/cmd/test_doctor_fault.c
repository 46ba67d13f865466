/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_fault.h"

#include "lib/cmocka.h"

static doctor_faults faults;

static int setup(void **state)
{
    (void)state;
    memset(&faults, 0, sizeof faults);
    return 0;
}

static void test_remedies(void **state)
{
    (void)state;
    doctor_fault_remedy(&faults, "for nothing");
    doctor_fault_add(&faults, DOCTOR_FAULT, "a", "%s %d", "text", 1);
    doctor_fault_remedy(&faults, "first");
    doctor_fault_remedy(&faults, "second %d", 2);
    assert_string_equal(faults.fault[0].text, "text 1");
    assert_string_equal(faults.fault[0].remedy, "first\nsecond 2");
}

static void test_order(void **state)
{
    (void)state;
    static const char *const names[] = {"n1", "w1", "f1", "w2", "f2"};
    static const doctor_gravity gravities[] = {DOCTOR_NOTE, DOCTOR_WARNING, DOCTOR_FAULT,
                                               DOCTOR_WARNING, DOCTOR_FAULT};
    static const char *const sorted[] = {"f1", "f2", "w1", "w2", "n1"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        doctor_fault_add(&faults, gravities[i], names[i], "%s", "");
    doctor_fault_sort(&faults);
    for (size_t i = 0; i < COUNT_OF(sorted); i++)
        assert_string_equal(faults.fault[i].name, sorted[i]);
    assert_int_equal(doctor_fault_count(&faults, DOCTOR_FAULT), 2);
    assert_int_equal(doctor_fault_count(&faults, DOCTOR_WARNING), 2);
    assert_int_equal(doctor_fault_count(&faults, DOCTOR_NOTE), 1);
    assert_ptr_equal(doctor_fault_find(&faults, "w1"), &faults.fault[2]);
    assert_null(doctor_fault_find(&faults, "w3"));
}

static void test_bounds(void **state)
{
    (void)state;
    for (int i = 0; i < DOCTOR_FAULT_MAX + 3; i++) {
        doctor_fault_add(&faults, DOCTOR_FAULT, "x", "%d", i);
        doctor_fault_remedy(&faults, "%d", i);
    }
    assert_int_equal(faults.count, DOCTOR_FAULT_MAX);
    assert_string_equal(faults.fault[DOCTOR_FAULT_MAX - 1].remedy, "23");

    char text[2 * DOCTOR_FAULT_REMEDY_SIZE];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    setup(NULL);
    doctor_fault_add(&faults, DOCTOR_FAULT, "x", "%s", text);
    assert_int_equal(strlen(faults.fault[0].text), DOCTOR_FAULT_TEXT_SIZE - 1);
    for (int i = 0; i < 3; i++) doctor_fault_remedy(&faults, "%s", text);
    assert_int_equal(strlen(faults.fault[0].remedy), DOCTOR_FAULT_REMEDY_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_remedies, setup),
        cmocka_unit_test_setup(test_order, setup),
        cmocka_unit_test_setup(test_bounds, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
