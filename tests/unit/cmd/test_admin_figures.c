/* SPDX-License-Identifier: MIT */
/* What the admin page is told, from figures that are known. */
#include "cmd/admin_figures.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cmocka.h"

/* Memory of jansson's, which can be made to lack. */
static size_t blocks_out;
static size_t fail_after = SIZE_MAX;

static void *take(size_t size)
{
    if (fail_after == 0) return NULL;
    if (fail_after != SIZE_MAX) fail_after--;
    void *block = malloc(size);
    assert_non_null(block);
    blocks_out++;
    return block;
}

static void give_back(void *block)
{
    if (block) blocks_out--;
    free(block);
}

static json_int_t number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value)) fail_msg("%s is no number", name);
    return json_integer_value(value);
}

static void figures_are_sums(void **state)
{
    (void)state;
    hws_metrics of_server = {.http_count = 1, .websocket_count = 2, .message_sent_total = 3};
    of_server.refusal_total[0] = 4;
    of_server.refusal_total[127] = 5;
    hws_hub_metrics hub = {.client_count = 6, .user_count = 7, .namespace_count = 2};
    hub.namespaces[0] = (hws_namespace_metrics){.publication_total = 10, .channel_count = 1};
    hub.namespaces[1] =
        (hws_namespace_metrics){.publication_total = UINT64_MAX, .delivery_total = 8};
    hub.error_total[0] = 1;
    hub.error_total[13] = 2;
    json_t *it = admin_figures(99, &of_server, &hub);
    assert_non_null(it);
    assert_int_equal(number(it, "at_ms"), 99);
    assert_int_equal(number(it, "http"), 1);
    assert_int_equal(number(it, "websockets"), 2);
    assert_int_equal(number(it, "sent"), 3);
    assert_int_equal(number(it, "refused"), 9);
    assert_int_equal(number(it, "clients"), 6);
    assert_int_equal(number(it, "users"), 7);
    assert_int_equal(number(it, "channels"), 1);
    assert_int_equal(number(it, "publications"), 9); /* they go round */
    assert_int_equal(number(it, "deliveries"), 8);
    assert_int_equal(number(it, "errors"), 3);
    assert_true(number(it, "memory") > 0);
    assert_true(json_is_real(json_object_get(it, "cpu_s")));
    json_decref(it);
    assert_int_equal(blocks_out, 0);
}

static json_t *details(hws_hub *hub)
{
    hws_hub_metrics now = {.namespace_count = 2};
    memcpy(now.namespaces[1].name, "quotes", sizeof "quotes");
    now.namespaces[1].conflation_total = 5;
    now.error_total[hws_error_class(103)] = 1;
    now.error_total[hws_error_class(1000)] = 2;
    now.disconnect_total[hws_disconnect_class(3503)] = 3;
    now.disconnect_total[hws_disconnect_class(4999)] = 4;
    now.command_total[HWS_COMMAND_RPC] = 6;
    now.api_call_total[HWS_API_UNKNOWN] = 7;
    return admin_details(99, hub, &now);
}

static void details_tell_what_has_happened(void **state)
{
    (void)state;
    hws_hub *hub;
    assert_int_equal(hws_hub_new(&(hws_hub_options){.ping_interval_ms = 0}, NULL, 0, &hub), HWS_OK);
    json_t *it = details(hub);
    char *text = json_dumps(it, JSON_COMPACT);
    assert_string_equal(
        text, "{\"at_ms\":99,\"channels\":[],\"namespaces\":["
              "{\"name\":\"\",\"channels\":0,\"subscriptions\":0,\"publications\":0,"
              "\"deliveries\":0,\"conflations\":0},"
              "{\"name\":\"quotes\",\"channels\":0,\"subscriptions\":0,\"publications\":0,"
              "\"deliveries\":0,\"conflations\":5}],"
              "\"commands\":{\"rpc\":6},\"calls\":{\"unknown\":7},"
              "\"errors\":{\"103\":1,\"other\":2},\"disconnects\":{\"3503\":3,\"other\":4}}");
    give_back(text);
    json_decref(it);
    assert_int_equal(blocks_out, 0);
    hws_hub_free(hub);
}

static void without_memory_there_is_nothing(void **state)
{
    (void)state;
    hws_hub *hub;
    const hws_metrics of_server = {.http_count = 1};
    const hws_hub_metrics of_channels = {.client_count = 1};
    assert_int_equal(hws_hub_new(&(hws_hub_options){.ping_interval_ms = 0}, NULL, 0, &hub), HWS_OK);
    for (int which = 0; which < 2; which++) {
        json_t *it = NULL;
        for (size_t fails = 0; !it; fails++) {
            assert_true(fails < 1000);
            fail_after = fails;
            it = which == 0 ? admin_figures(1, &of_server, &of_channels) : details(hub);
            fail_after = SIZE_MAX;
            if (!it) assert_int_equal(blocks_out, 0);
        }
        json_decref(it);
        assert_int_equal(blocks_out, 0);
    }
    hws_hub_free(hub);
}

int main(void)
{
    json_set_alloc_funcs(take, give_back);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_sums),
        cmocka_unit_test(details_tell_what_has_happened),
        cmocka_unit_test(without_memory_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
