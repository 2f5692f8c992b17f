import { Agent, request } from 'node:http';

/** Opens connections that are held, as its parent says, and keeps them; says when a stream's headers or an answer came. */
export interface HoldOrder {
  url: string;
  token: string;
  /** Numbers of the requests, so that no two are the same. */
  from: number;
  count: number;
}
export interface HoldReport {
  kind: 'streaming' | 'answered' | 'failed';
  text: string;
}

const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
const tell = (kind: HoldReport['kind'], text: string): void => {
  process.send?.({ kind, text } satisfies HoldReport);
};

/** Every other one is a stream; the rest wait in silence. */
function open({ url, token }: HoldOrder, nth: number): void {
  const stream = nth % 2 === 0;
  const content = `My password question number ${nth}: ${'words '.repeat(40)}`;
  const body = Buffer.from(JSON.stringify({ model: 'demo', stream, messages: [{ role: 'user', content }] }));
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    authorization: `Bearer ${token}`,
    'x-sallyport-max-wait': '7200',
  };
  const call = request(url, { method: 'POST', agent, headers });
  call.on('error', (error) => tell('failed', error.message));
  call.on('response', (answer) => {
    if (answer.statusCode === 200 && stream) tell('streaming', '');
    else tell('answered', String(answer.statusCode));
    answer.on('error', () => undefined).resume();
  });
  call.end(body);
}

process.on('message', (order: HoldOrder) => {
  for (let n = 0; n < order.count; n++) open(order, order.from + n);
});
process.on('disconnect', () => process.exit(0));
