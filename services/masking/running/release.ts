import type { RequestReleased } from '#contracts';
import { requestReleased } from '#contracts';
import type { EventMessage } from '#messaging';
import type { Protocol, Route } from '#protocols';

/** A release whose signature was verified, and what masking keeps with it. */
export interface Release {
  readonly head: RequestReleased;
  readonly message: EventMessage<typeof requestReleased>;
  readonly by: 'rule' | 'people';
  readonly protocol: Protocol;
  readonly route: Route;
}
