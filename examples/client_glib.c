/* SPDX-License-Identifier: MIT */
/* A client in the main loop of GLib, and so of GTK: it says "tick" ten times a second, prints what
 * comes, and closes after the third answer.  "client_glib ws://localhost:8080/echo" */
#include <glib.h>
#include <hawser/hawser.h>

/* A hws_loop as a source of GLib: what to watch, how long to wait, what to do then. */
typedef struct loop_source {
    GSource source;
    hws_loop *loop;
    gpointer watch;
} loop_source;

static gboolean prepare(GSource *source, gint *timeout_ms)
{
    *timeout_ms = hws_loop_timeout_ms(((loop_source *)source)->loop);
    return *timeout_ms == 0;
}

static gboolean check(GSource *source)
{
    const loop_source *it = (loop_source *)source;
    return g_source_query_unix_fd(source, it->watch) != 0 || hws_loop_timeout_ms(it->loop) == 0;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
    (void)callback, (void)user;
    return hws_loop_step(((loop_source *)source)->loop, 0) == HWS_OK;
}

static GSource *attach(hws_loop *loop)
{
    static GSourceFuncs calls = {.prepare = prepare, .check = check, .dispatch = dispatch};
    GSource *source = g_source_new(&calls, sizeof(loop_source));
    loop_source *it = (loop_source *)source;
    it->loop = loop;
    it->watch = g_source_add_unix_fd(source, hws_loop_fd(loop), G_IO_IN);
    g_source_attach(source, NULL);
    return source;
}

typedef struct ticker {
    GMainLoop *main;
    hws_websocket ws;
    int answer_count;
} ticker;

static gboolean tick(gpointer user)
{
    return hws_websocket_send_text(((ticker *)user)->ws, "tick") >= HWS_OK;
}

static void on_open(hws_websocket ws, void *user)
{
    (void)ws;
    g_timeout_add(100, tick, user);
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    g_print("%.*s\n", (int)message->size, message->data);
    if (++((ticker *)user)->answer_count == 3) hws_websocket_close(ws, HWS_CLOSE_NORMAL, NULL);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    if (close->status != HWS_OK) g_printerr("%s\n", close->cause);
    g_main_loop_quit(((ticker *)user)->main);
}

int main(int argc, char **argv)
{
    hws_loop *loop = NULL;
    ticker it = {.main = g_main_loop_new(NULL, FALSE)};
    const hws_client_options options = {
        .url = argc > 1 ? argv[1] : "ws://localhost:8080/echo",
        .on_open = on_open,
        .on_message = on_message,
        .on_close = on_close,
        .user = &it,
    };
    if (hws_loop_new(NULL, &loop) != HWS_OK ||
        hws_websocket_open(loop, &options, &it.ws) != HWS_OK) {
        g_printerr("cannot open %s\n", options.url);
        return 1;
    }
    GSource *source = attach(loop);
    g_main_loop_run(it.main);
    g_source_destroy(source); /* before the descriptor that it watches goes */
    g_source_unref(source);
    hws_loop_free(loop);
    g_main_loop_unref(it.main);
}
