// SPDX-License-Identifier: MIT
// Boost.Beast, asynchronous on one thread: an echo, and a broadcast to all the others.
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <cstring>
#include <deque>
#include <iostream>
#include <memory>
#include <set>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;
using tcp = asio::ip::tcp;

static bool deflate;

class session;
static std::set<session *> everybody;

class session : public std::enable_shared_from_this<session> {
public:
    explicit session(tcp::socket socket) : ws(std::move(socket)) {}
    ~session() { everybody.erase(this); }

    void run()
    {
        http::async_read(ws.next_layer(), buffer, request,
                         [self = shared_from_this()](error_code error, size_t) {
                             if (!error) self->accept();
                         });
    }

private:
    void accept()
    {
        websocket::permessage_deflate option;
        option.server_enable = deflate;
        option.server_no_context_takeover = option.client_no_context_takeover = true;
        ws.set_option(option);
        ws.read_message_max(64 << 20);
        ws.auto_fragment(false);
        ws.async_accept(request, [self = shared_from_this()](error_code error) {
            if (error) return;
            self->buffer.clear();
            if (self->request.target() == "/broadcast") everybody.insert(self.get());
            self->read();
        });
    }

    void read()
    {
        ws.async_read(buffer, [self = shared_from_this()](error_code error, size_t) {
            if (!error) self->on_message();
        });
    }

    void on_message()
    {
        if (everybody.count(this) == 0) {
            ws.text(ws.got_text());
            ws.async_write(buffer.data(), [self = shared_from_this()](error_code error, size_t) {
                if (error) return;
                self->buffer.clear();
                self->read();
            });
            return;
        }
        const auto message =
            std::make_shared<const std::string>(beast::buffers_to_string(buffer.data()));
        buffer.clear();
        for (session *other : everybody)
            if (other != this) other->send(message, ws.got_text());
        read();
    }

    void send(std::shared_ptr<const std::string> message, bool text)
    {
        queue.push_back(std::move(message));
        ws.text(text);
        if (queue.size() == 1) write();
    }

    void write()
    {
        ws.async_write(asio::buffer(*queue.front()),
                       [self = shared_from_this()](error_code error, size_t) {
                           if (error) return;
                           self->queue.pop_front();
                           if (!self->queue.empty()) self->write();
                       });
    }

    websocket::stream<tcp::socket> ws;
    beast::flat_buffer buffer;
    http::request<http::empty_body> request;
    std::deque<std::shared_ptr<const std::string>> queue;
};

static void accept_next(tcp::acceptor &acceptor)
{
    acceptor.async_accept([&acceptor](error_code error, tcp::socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true));
            std::make_shared<session>(std::move(socket))->run();
        }
        accept_next(acceptor);
    });
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) deflate = deflate || std::strcmp(argv[i], "--deflate") == 0;
    asio::io_context context{1};
    tcp::acceptor acceptor{context, {asio::ip::make_address("127.0.0.1"), 0}};
    std::cout << acceptor.local_endpoint().port() << std::endl;
    accept_next(acceptor);
    context.run();
}
