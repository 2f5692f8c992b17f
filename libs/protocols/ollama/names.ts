/** Member names of Ollama's native API (github.com/ollama/ollama, docs/api.md), requests and answers. */
export const ollamaNames: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'prompt', 'suffix', 'images', 'system', 'template', 'context', 'raw', 'stream'],
  ...['format', 'options', 'keep_alive', 'think', 'tools', 'input', 'truncate', 'dimensions', 'logprobs'],
  ...['role', 'content', 'thinking', 'tool_calls', 'tool_name', 'tool_call_id', 'id', 'index', 'function'],
  ...['name', 'arguments', 'description', 'parameters', 'type', 'properties', 'required', 'items', 'enum'],
  ...['created_at', 'message', 'response', 'done', 'done_reason', 'total_duration', 'load_duration'],
  ...['prompt_eval_count', 'prompt_eval_duration', 'eval_count', 'eval_duration', 'embeddings', 'embedding'],
  ...['error', 'remote_model', 'remote_host', 'top_logprobs', 'token', 'logprob', 'bytes', 'shift'],
  ...['temperature', 'num_predict', 'num_ctx', 'top_k', 'top_p', 'min_p', 'seed', 'stop', 'repeat_penalty'],
  ...[
    'repeat_last_n',
    'tfs_z',
    'typical_p',
    'presence_penalty',
    'frequency_penalty',
    'num_gpu',
    'num_thread',
  ],
  ...['num_batch', 'num_keep', 'penalize_newline', 'mirostat', 'mirostat_tau', 'mirostat_eta', 'use_mmap'],
  ...['numa', 'main_gpu', 'low_vram', 'vocab_only', 'use_mlock', 'f16_kv', 'title', 'code'],
]);

/** Below these a client's or the model's own names stand. */
export const ollamaFreeNames: ReadonlySet<string> = new Set(['arguments', 'parameters', 'format']);
