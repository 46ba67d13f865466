/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "hawser/url.h"
#include "lib/vectors.h"

/* "same", "other", or the status of what could not be read. */
static const char *compare(hws_text origin, hws_text authority, bool is_secure)
{
    hws_origin theirs;
    hws_origin ours;
    hws_status status = hws_origin_of_authority(is_secure, authority, &ours);
    if (status == HWS_OK) status = hws_origin_parse(origin, &theirs);
    if (status != HWS_OK) return status_name(status);
    assert_true(hws_origin_equal(&ours, &ours));
    assert_int_equal(hws_origin_equal(&ours, &theirs), hws_origin_equal(&theirs, &ours));
    return hws_origin_equal(&ours, &theirs) ? "same" : "other";
}

static void check(const vector *it)
{
    const bool is_secure = vector_get(it, "secure").data != NULL;
    const char *got = compare(vector_get(it, "origin"), vector_get(it, "authority"), is_secure);
    assert_non_null(vector_get(it, "want").data);
    vector_expect(it, "want", got, strlen(got));

    hws_origin origin;
    if (hws_origin_parse(vector_get(it, "origin"), &origin) != HWS_OK) return;
    char text[HWS_URL_SIZE_MAX];
    size_t size = 7;
    assert_int_equal(hws_origin_write(&origin, text, 4, &size), HWS_ERR_LIMIT);
    assert_int_equal(size, 7);
    assert_int_equal(hws_origin_write(&origin, text, sizeof text, &size), HWS_OK);
    vector_expect(it, "written", text, size);

    hws_origin again;
    assert_int_equal(hws_origin_parse((hws_text){text, size}, &again), HWS_OK);
    assert_true(hws_origin_equal(&origin, &again));
}

static void test_vectors(void **state)
{
    (void)state;
    vectors_run("tests/vectors/origin.txt", check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
