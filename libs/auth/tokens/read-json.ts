const timeoutMs = 5000;
const maxAnswerBytes = 256 * 1024;

/** Asks an identity provider for a JSON document: 5 s and 256 KiB at most, no redirects. Throws where it isn't one. */
export async function readJson(url: string, init: RequestInit = {}): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { ...init, signal, redirect: 'error' });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the identity provider answered ${response.status}`);
  }
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > maxAnswerBytes) throw new Error('the answer of the identity provider is too large');
  }
  return JSON.parse(text + decoder.decode());
}
