// SPDX-License-Identifier: MIT
// uWebSockets 0.14, the last whose C++ npm has: an echo, and a broadcast to all the
// others.  Prints its port.  What is newer is measured behind JavaScript, as Bun and as uwsjs.js.
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uWS.h>

using Socket = uWS::WebSocket<uWS::SERVER>;

// listen() wants a port and cannot be asked which one it got.
static int free_port()
{
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr *>(&address), size) ||
        getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size))
        return 0;
    close(fd);
    return ntohs(address.sin_port);
}

int main(int argc, char **argv)
{
    const bool tls = argc > 1 && !strcmp(argv[1], "--tls");
    uWS::Hub hub(0, false, 64 << 20);
    uWS::Group<uWS::SERVER> &all = hub.getDefaultGroup<uWS::SERVER>();
    static char hears;

    all.onConnection([](Socket *socket, uWS::HttpRequest request) {
        if (request.getUrl().toString() == "/broadcast") socket->setUserData(&hears);
    });
    all.onMessage([&all](Socket *from, char *bytes, size_t size, uWS::OpCode code) {
        if (!from->getUserData()) {
            from->send(bytes, size, code);
            return;
        }
        auto *prepared = Socket::prepareMessage(bytes, size, code, false);
        all.forEach([from, prepared](Socket *to) {
            if (to != from && to->getUserData()) to->sendPrepared(prepared);
        });
        Socket::finalizeMessage(prepared);
    });

    uS::TLS::Context context;
    if (tls)
        context = uS::TLS::createContext(getenv("BENCH_CERTIFICATE"), getenv("BENCH_KEY"));
    const int port = free_port();
    if (!port || !hub.listen("127.0.0.1", port, context)) return 1;
    printf("%d\n", port);
    fflush(stdout);
    hub.run();
}
