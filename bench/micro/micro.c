/* SPDX-License-Identifier: MIT */
/* What the parts cost, each beside what cannot be beaten.
 *
 *     micro [bytes|deflate|frames|heads|topics]
 */
#include "micro.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } GROUPS[] = {{"bytes", micro_bytes},
                  {"deflate", micro_deflate},
                  {"frames", micro_frames},
                  {"heads", micro_heads},
                  {"topics", micro_topics}};
    int known = 0;
    for (size_t i = 0; i < sizeof GROUPS / sizeof *GROUPS; i++) {
        if (argc > 1 && strcmp(argv[1], GROUPS[i].name) != 0) continue;
        GROUPS[i].run();
        known = 1;
    }
    if (!known) fprintf(stderr, "usage: micro [bytes|deflate|frames|heads|topics]\n");
    return known ? 0 : 2;
}
