/** Member names of Anthropic's messages API (docs.anthropic.com/en/api/messages), requests and answers. */
export const anthropicNames: ReadonlySet<string> = new Set([
  ...[
    'model',
    'messages',
    'max_tokens',
    'system',
    'stream',
    'temperature',
    'top_k',
    'top_p',
    'stop_sequences',
  ],
  ...['tools', 'tool_choice', 'thinking', 'metadata', 'user_id', 'service_tier', 'container', 'mcp_servers'],
  ...['context_management', 'output_config', 'output_format', 'role', 'content', 'type', 'text', 'source'],
  ...[
    'media_type',
    'data',
    'url',
    'file_id',
    'cache_control',
    'ttl',
    'citations',
    'enabled',
    'budget_tokens',
  ],
  ...['id', 'name', 'input', 'tool_use_id', 'is_error', 'signature', 'title', 'context', 'caller'],
  ...['description', 'input_schema', 'properties', 'required', 'items', 'enum', 'disable_parallel_tool_use'],
  ...['stop_reason', 'stop_sequence', 'stop_details', 'usage', 'input_tokens', 'output_tokens', 'message'],
  ...['cache_creation_input_tokens', 'cache_read_input_tokens', 'cache_creation', 'server_tool_use'],
  ...['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens', 'index', 'delta', 'content_block', 'error'],
  ...['partial_json', 'citation', 'cited_text', 'document_index', 'document_title', 'start_char_index'],
  ...['end_char_index', 'request_id', 'code', 'param', 'schema', 'format', 'encrypted_content', 'page_age'],
]);

/** Below these a client's or the model's own names stand. */
export const anthropicFreeNames: ReadonlySet<string> = new Set([
  'input',
  'input_schema',
  'metadata',
  'schema',
]);
