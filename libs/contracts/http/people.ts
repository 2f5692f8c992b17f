import { z } from 'zod';

/** A person, as others see them. */
export const PersonView = z.object({
  issuer: z.string(),
  subject: z.string(),
  name: z.string().optional(),
  email: z.string().optional(),
  /** Whom they call for, where several people share their identity. */
  person: z.string().optional(),
});
export type PersonView = z.infer<typeof PersonView>;
