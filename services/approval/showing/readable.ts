import type { Unreadable } from '#contracts';
import { MissingDependencyError } from '#messaging';
import { ContentErasedError } from '#sealing';

/** What was opened, or why it isn't shown. */
export type Readable<T> = { clear: T; unreadable?: never } | { clear: null; unreadable: Unreadable };

/** What is shown of content that is being opened: who looks at a decision is told of it with or without its content. */
export async function readable<T>(opening: Promise<T>): Promise<Readable<T>> {
  try {
    return { clear: await opening };
  } catch (error) {
    if (error instanceof ContentErasedError) return { clear: null, unreadable: 'erased' };
    if (error instanceof MissingDependencyError) return { clear: null, unreadable: 'unavailable' };
    throw error;
  }
}
