// SPDX-License-Identifier: MIT
// Boost.Beast, asynchronous on one thread, plain or over TLS: an echo, and a broadcast to all the
// others.
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cstdlib>
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

using tls_stream = asio::ssl::stream<tcp::socket>;

static bool deflate;

// `Layer` is what the WebSocket is spoken over.
template <class Layer> class session : public std::enable_shared_from_this<session<Layer>> {
public:
    template <class... Arguments>
    explicit session(Arguments &&...arguments) : ws(std::forward<Arguments>(arguments)...)
    {
    }
    ~session() { everybody.erase(this); }

    void run()
    {
        if constexpr (std::is_same_v<Layer, tls_stream>)
            ws.next_layer().async_handshake(asio::ssl::stream_base::server,
                                            [self = this->shared_from_this()](error_code error) {
                                                if (!error) self->read_request();
                                            });
        else
            read_request();
    }

private:
    void read_request()
    {
        http::async_read(ws.next_layer(), buffer, request,
                         [self = this->shared_from_this()](error_code error, size_t) {
                             if (!error) self->accept();
                         });
    }

    void accept()
    {
        websocket::permessage_deflate option;
        option.server_enable = deflate;
        option.server_no_context_takeover = option.client_no_context_takeover = true;
        ws.set_option(option);
        ws.read_message_max(64 << 20);
        ws.auto_fragment(false);
        ws.async_accept(request, [self = this->shared_from_this()](error_code error) {
            if (error) return;
            self->buffer.clear();
            if (self->request.target() == "/broadcast") everybody.insert(self.get());
            self->read();
        });
    }

    void read()
    {
        ws.async_read(buffer, [self = this->shared_from_this()](error_code error, size_t) {
            if (!error) self->on_message();
        });
    }

    void on_message()
    {
        if (everybody.count(this) == 0) {
            ws.text(ws.got_text());
            ws.async_write(buffer.data(), [self = this->shared_from_this()](error_code error, size_t) {
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
                       [self = this->shared_from_this()](error_code error, size_t) {
                           if (error) return;
                           self->queue.pop_front();
                           if (!self->queue.empty()) self->write();
                       });
    }

    static inline std::set<session *> everybody;
    websocket::stream<Layer> ws;
    beast::flat_buffer buffer;
    http::request<http::empty_body> request;
    std::deque<std::shared_ptr<const std::string>> queue;
};

static void accept_next(tcp::acceptor &acceptor, asio::ssl::context *tls)
{
    acceptor.async_accept([&acceptor, tls](error_code error, tcp::socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true));
            if (tls)
                std::make_shared<session<tls_stream>>(std::move(socket), *tls)->run();
            else
                std::make_shared<session<tcp::socket>>(std::move(socket))->run();
        }
        accept_next(acceptor, tls);
    });
}

static bool has(int argc, char **argv, const char *flag)
{
    for (int i = 1; i < argc; i++)
        if (std::strcmp(argv[i], flag) == 0) return true;
    return false;
}

int main(int argc, char **argv)
{
    deflate = has(argc, argv, "--deflate");
    asio::ssl::context tls{asio::ssl::context::tls_server};
    if (has(argc, argv, "--tls")) {
        tls.use_certificate_chain_file(std::getenv("BENCH_CERTIFICATE"));
        tls.use_private_key_file(std::getenv("BENCH_KEY"), asio::ssl::context::pem);
    }
    asio::io_context context{1};
    tcp::acceptor acceptor{context, {asio::ip::make_address("127.0.0.1"), 0}};
    std::cout << acceptor.local_endpoint().port() << std::endl;
    accept_next(acceptor, has(argc, argv, "--tls") ? &tls : nullptr);
    context.run();
}
