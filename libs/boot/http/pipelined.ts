import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Tells answers that their connection closed also where others stand before them: Node tells only the one whose turn it
 * is, and whoever waits for the client of a pipelined request (RFC 9112, 9.3.2) would wait for good.
 */
export function closePipelined(server: Server): void {
  const waiting = new WeakMap<Socket, Set<ServerResponse>>();
  const open = (socket: Socket): Set<ServerResponse> => {
    const responses = new Set<ServerResponse>();
    waiting.set(socket, responses);
    // One listener for all of them: a client chooses how many there are.
    socket.once('close', () => {
      for (const response of responses) {
        response.destroy();
        response.emit('close');
      }
    });
    return responses;
  };
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (response.socket !== null) return;
    const responses = waiting.get(socket) ?? open(socket);
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
}
