import { policyDocumentJsonSchema } from '#contracts';

/** The JSON Schema of `sallyport.yaml`, for editors. */
export function policySchema(): string {
  return `${JSON.stringify(policyDocumentJsonSchema(), null, 2)}\n`;
}
