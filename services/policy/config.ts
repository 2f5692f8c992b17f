import { z } from 'zod';
import { readEnvironment, readSettings, type ServiceSettings } from '#boot';

const Environment = z.object({
  /** `sallyport.yaml`, or a folder of such files merged in name order. */
  SALLYPORT_CONFIG: z.string(),
});

export interface PolicySettings extends ServiceSettings {
  configPath: string;
}

/** Reads the environment once. */
export function policySettings(environment: NodeJS.ProcessEnv): PolicySettings {
  const env = readEnvironment(Environment, environment);
  return { ...readSettings('policy', environment), configPath: env.SALLYPORT_CONFIG };
}
