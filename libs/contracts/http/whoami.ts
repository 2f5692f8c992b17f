import { z } from 'zod';
import { Principal, Role } from '../principal.ts';

/** `GET /v1/whoami` of every service. */
export const Whoami = Principal.extend({ roles: z.array(Role) });
export type Whoami = z.infer<typeof Whoami>;
