import type { ActiveConfig, ActiveRevision } from '#boot';
import { type CompiledPolicy, compilePolicy, prepareProfiles } from '#rules';
import type { TablesThread } from '#tables';
import type { Logger } from '#telemetry';

/** The compiled revision in force. One that does not compile is refused, and the last good one stays. */
export class PolicyInForce {
  private compiled: { revision: string; policy: CompiledPolicy } | undefined;

  constructor(config: ActiveConfig, tables: TablesThread, logger: Logger) {
    // What authors wrote is compiled in a thread before it comes into force here; a fault shows in `take`.
    config.beforeChange(async ({ document }) => {
      await prepareProfiles((profile) => tables.prepare(profile), document);
    });
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
