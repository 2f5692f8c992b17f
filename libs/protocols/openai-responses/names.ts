import { answerNames, freeNames, requestNames } from '../openai-chat/names.ts';

/** Member names of responses requests (platform.openai.com/docs/api-reference/responses/create). */
export const responsesRequestNames: ReadonlySet<string> = new Set([
  ...requestNames,
  ...[
    'input',
    'instructions',
    'background',
    'previous_response_id',
    'conversation',
    'include',
    'prompt',
    'variables',
  ],
  ...[
    'max_output_tokens',
    'max_tool_calls',
    'truncation',
    'text',
    'reasoning',
    'effort',
    'summary',
    'status',
  ],
  ...[
    'call_id',
    'output',
    'file_url',
    'server_label',
    'server_url',
    'server_description',
    'connector_id',
    'headers',
  ],
  ...['require_approval', 'allowed_tools', 'authorization', 'vector_store_ids', 'filters', 'max_num_results'],
  ...[
    'ranking_options',
    'container',
    'file_ids',
    'encrypted_content',
    'annotations',
    'logprobs',
    'generate_summary',
  ],
  ...[
    'action',
    'environment',
    'display_height',
    'display_width',
    'search_context_size',
    'user_location',
    'code',
  ],
  ...[
    'prompt_cache_retention',
    'version',
    'size',
    'quality',
    'background',
    'output_format',
    'partial_images',
  ],
]);

/** Below these a client's own names stand. */
export const responsesFreeNames: ReadonlySet<string> = new Set([
  ...freeNames,
  'variables',
  'headers',
  'filters',
]);

/** Member names of responses answers and stream events. */
export const responsesAnswerNames: ReadonlySet<string> = new Set([
  ...[...answerNames, ...responsesRequestNames],
  ...[
    'created_at',
    'completed_at',
    'incomplete_details',
    'reason',
    'response',
    'sequence_number',
    'output_index',
  ],
  ...[
    'item_id',
    'content_index',
    'summary_index',
    'annotation_index',
    'item',
    'part',
    'annotation',
    'output_text',
  ],
  ...['input_tokens', 'output_tokens', 'input_tokens_details', 'output_tokens_details', 'billing', 'payer'],
  ...['refusal', 'results', 'queries', 'score', 'attributes', 'moderation', 'next_response_ids', 'phase'],
  ...[
    'partial_image_b64',
    'partial_image_index',
    'obfuscation',
    'top_logprobs',
    'deleted',
    'first_id',
    'last_id',
  ],
  'has_more',
]);
