/* SPDX-License-Identifier: MIT */
#include "wire/offer.h"

#include "lib/heads.h"
#include "lib/vectors.h"

/* "name;parameter=value|name..." or a status. */
static void tell_offers(story *told, hws_offer_list *offers)
{
    hws_offer offer;
    bool more = false;
    for (int i = 0;; i++) {
        const hws_status status = hws_offer_next(offers, &offer, &more);
        if (status != HWS_OK) {
            story_add_string(told, status_name(status));
            return;
        }
        if (!more) return;
        if (i > 0) story_add_string(told, "|");
        story_add(told, offer.name.data, offer.name.size);
        hws_offer_parameter parameter;
        while (hws_offer_next_parameter(&offer, &parameter)) {
            story_add_string(told, ";");
            story_add(told, parameter.name.data, parameter.name.size);
            if (parameter.value.data) story_add_string(told, "=");
            if (parameter.value.data) story_add(told, parameter.value.data, parameter.value.size);
        }
    }
}

static void check(const vector *it)
{
    static story told;
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    static char text[1 << 16];
    const hws_text fields = vector_get(it, "fields");
    const int size =
        snprintf(text, sizeof text, "HTTP/1.1 101 \r\n%.*s\r\n", (int)fields.size, fields.data);
    hws_http_head head;
    assert_int_equal(head_open(&head, HWS_HTTP_RESPONSE, (hws_text){text, (size_t)size}, &memory),
                     HWS_OK);

    hws_offer_list offers;
    told.size = 0;
    hws_offer_list_init(&offers, &head);
    tell_offers(&told, &offers);
    assert_non_null(vector_get(it, "want").data);
    vector_expect(it, "want", told.text, told.size);
    hws_http_head_release(&head);

    /* One line is the same as a text, which ends where it ends. */
    if (!vector_get(it, "text").data) return;
    char *copy = malloc(vector_get(it, "text").size + 1);
    assert_non_null(copy);
    const hws_text line = {copy + 1, vector_get(it, "text").size};
    memcpy(copy + 1, vector_get(it, "text").data, line.size);
    told.size = 0;
    hws_offer_list_init_text(&offers, line);
    tell_offers(&told, &offers);
    vector_expect(it, "want", told.text, told.size);
    free(copy);
}

static void test_vectors(void **state)
{
    (void)state;
    vectors_run("tests/vectors/offer.txt", check);
}

static void test_absent_text_has_no_offers(void **state)
{
    (void)state;
    hws_offer_list offers;
    hws_offer offer;
    bool more = true;
    hws_offer_list_init_text(&offers, (hws_text){NULL, 0});
    assert_int_equal(hws_offer_next(&offers, &offer, &more), HWS_OK);
    assert_false(more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_absent_text_has_no_offers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
