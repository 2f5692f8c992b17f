import type { ActiveConfig, ActiveRevision } from '#boot';
import { type CompiledPolicy, compilePolicy } from '#rules';
import type { Logger } from '#telemetry';

/** The compiled revision in force. One that does not compile is refused, and the last good one stays. */
export class PolicyInForce {
  private compiled: { revision: string; policy: CompiledPolicy } | undefined;

  constructor(config: ActiveConfig, logger: Logger) {
    try {
      config.onChange((revision) => this.take(revision));
    } catch (err) {
      logger.error({ err }, 'the revision in force cannot be used');
    }
  }

  get current(): { revision: string; policy: CompiledPolicy } | undefined {
    return this.compiled;
  }

  private take({ revision, document }: ActiveRevision): void {
    const compilation = compilePolicy(document);
    if (compilation.kind === 'policy') {
      this.compiled = { revision, policy: compilation.policy };
      return;
    }
    const faults = compilation.faults.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`revision ${revision} does not compile: ${faults.join('; ')}`);
  }
}
