// SPDX-License-Identifier: MIT
// A subscriber to a channel of `hawser serve`, on the browser's own WebSocket and nothing else: it comes
// back after a lost connection, and then gets what it has missed.
//
//     import {listen} from './channels.mjs';
//     listen('ws://localhost:8080/connection/websocket', 'news', {onpublication: (data) => …});

// `past`: from the beginning of the channel, if it is all there still.  Handlers: onpublication(data);
// ongap(), when some are missing for good; onend(reason), when it will not come back.
// Returns: a function that ends it.
export function listen(url, channel, {token, past, onpublication, ongap, onend}) {
  let place = past ? {recover: true} : {}, failures = 0, socket, timer;

  function take({error, subscribe: reply, push}) {
    if (error) return end(error.message);
    if (push?.unsubscribe?.code >= 2500) return socket.close(); // it missed something: once more
    if (push?.unsubscribe) return end(push.unsubscribe.reason);
    if (reply) {
      failures = 0;
      if (place.recover && !reply.recovered) ongap?.();
      place = {recover: true, epoch: reply.epoch || '', offset: reply.offset || 0};
    }
    for (const publication of [...(reply?.publications || []), ...(push?.pub ? [push.pub] : [])]) {
      place.offset = publication.offset || 0;
      onpublication(publication.data);
    }
  }

  function connect() {
    socket = new WebSocket(url);
    socket.onopen = () => socket.send(JSON.stringify({id: 1, connect: token ? {token} : {}}) + '\n' +
                                      JSON.stringify({id: 2, subscribe: {channel, ...place}}));
    socket.onmessage = ({data}) => data.split('\n').forEach((line) => {
      if (line === '{}') socket.send('{}'); // a ping, and the pong
      else take(JSON.parse(line));
    });
    socket.onclose = ({code, reason}) => {
      if (code >= 3500 && code < 4000) return end(reason);
      timer = setTimeout(connect, Math.random() * Math.min(20000, 200 * 2 ** ++failures));
    };
  }

  function end(reason) {
    clearTimeout(timer);
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    if (reason !== undefined) onend?.(reason);
  }

  connect();
  return () => end();
}
