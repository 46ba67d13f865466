/* SPDX-License-Identifier: MIT */
/* The hawser command: one program, a command for each thing that it does.
 *
 * Names that begin with hws_ are the library's public ones; the command's own have no prefix. */
#include <stdio.h>
#include <string.h>

#include "cmd/bench.h"
#include "cmd/connect.h"
#include "cmd/demo_devices.h"
#include "cmd/demo_feed.h"
#include "cmd/doctor.h"
#include "cmd/options.h"
#include "cmd/publish.h"
#include "cmd/serve.h"
#include "cmd/token.h"
#include "hawser/hawser.h"

typedef struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *purpose;
} command;

static const command commands[] = {
    {"bench", bench_run, "puts a WebSocket server under load, and tells how it fares"},
    {"connect", connect_run, "a WebSocket client for people and for scripts"},
    {"demo-devices", demo_devices_run, "pumps that do not exist, for the page /devices"},
    {"demo-feed", demo_feed_run, "quotes of a market that does not exist, for the page /quotes"},
    {"doctor", doctor_run, "finds out why a WebSocket does not open, or does not work"},
    {"publish", publish_run, "sends something to a channel of a server"},
    {"serve", serve_run, "a WebSocket server with pages, files, channels and an echo"},
    {"token", token_run, "a token that lets a client into the channels of a server"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static int help(void)
{
    puts("hawser: WebSocket, both ends\n\n"
         "Usage: hawser COMMAND [OPTION]...\n"
         "       hawser --version\n\n"
         "Commands");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-12s %s\n", commands[i].name, commands[i].purpose);
    puts("\n'hawser COMMAND --help' says more about one of them.");
    return 0;
}

static int version(void)
{
    printf("hawser %s\n", hws_version());
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("hawser: which command? ('hawser --help' lists them)\n", stderr);
        return EXIT_MISUSE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) return help();
    if (strcmp(name, "--version") == 0) return version();
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "hawser: no such command: %s ('hawser --help' lists them)\n", name);
    return EXIT_MISUSE;
}
