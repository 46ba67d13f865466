// SPDX-License-Identifier: MIT
// What bench/profiled adds to a peer that counts: it writes its counts when it is told to end.
#include <csignal>
#include <unistd.h>

extern "C" void __gcov_dump(void);

static void end(int)
{
    __gcov_dump();
    _exit(0);
}

__attribute__((constructor)) static void listen_to_the_end()
{
    std::signal(SIGTERM, end);
}
