import { z } from 'zod';
import { readEnvironment, readSettings, type ServiceSettings } from '#boot';

const Environment = z.object({
  /** Where callers reach this service from outside, for links. */
  SALLYPORT_INGRESS_URL: z.url().optional(),
});

export interface IngressSettings extends ServiceSettings {
  publicUrl: string;
}

/** Reads the environment once. */
export function ingressSettings(environment: NodeJS.ProcessEnv): IngressSettings {
  const common = readSettings('ingress', environment);
  const env = readEnvironment(Environment, environment);
  return { ...common, publicUrl: env.SALLYPORT_INGRESS_URL ?? `http://${common.bind}:${common.port}` };
}
