import { WebSocket } from 'undici';
import { eventually } from '#testing';

/** What makes a Node process take commands of its inspector on this port. */
export const inspectedBy = (port: number): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--inspect=127.0.0.1:${port}`,
});

const id = 1;

/** Has a process collect its garbage, so that its resident memory is what it needs (Chrome DevTools protocol). */
export async function collectGarbage(port: number): Promise<void> {
  const [target] = await eventually(
    async () =>
      (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as { webSocketDebuggerUrl: string }[],
  );
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () =>
      socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' })),
    );
    socket.addEventListener('message', ({ data }) => {
      if ((JSON.parse(String(data)) as { id?: number }).id === id) resolve();
    });
    socket.addEventListener('error', () => reject(new Error('the inspector can not be reached')));
  });
  socket.close();
}
