/** A chat request. */
export function chat(content: string, stream = false): object {
  return { model: 'm', messages: [{ role: 'user', content }], ...(stream && { stream: true }) };
}

/** A chat answer. */
export function answer(content: string): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  });
}

/** The events of a streamed chat answer, one for each piece of text, with its finish and end mark. */
export function streamed(pieces: readonly string[]): string[] {
  const event = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta, finish_reason: finish }],
    })}\n\n`;
  return [...pieces.map((content) => event({ content }, null)), event({}, 'stop'), 'data: [DONE]\n\n'];
}

/** The text that a streamed chat answer says. */
export function said(sse: string): string {
  return sse
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice(6)) as { choices?: { delta?: { content?: string } }[] })
    .map(({ choices }) => choices?.[0]?.delta?.content ?? '')
    .join('');
}
