import { BlockList, isIP } from 'node:net';
import { DEAD } from '../automaton/product.ts';
import { RedactionError } from '../errors.ts';
import { Detector } from './detector.ts';
import { normalise } from './normalise.ts';
import type { DetectorTables } from './tables.ts';

export interface AllowListSource {
  readonly exact: readonly string[];
  readonly patterns: readonly string[];
  readonly cidrs: readonly string[];
}

/** Values that are never masked: exactly these, those a pattern covers entirely, or addresses in these networks. */
export class AllowList {
  private readonly exact: ReadonlySet<string>;
  private readonly patterns: Detector | undefined;
  private readonly networks: BlockList | undefined;

  constructor(source: AllowListSource, tables?: DetectorTables) {
    this.exact = new Set(source.exact.map((value) => normalise(value).text));
    if (source.patterns.length > 0) {
      const rules = source.patterns.map((pattern, k) => {
        return { id: `allow[${k}]`, entity: 'ALLOWED', pattern, score: 1 };
      });
      this.patterns = new Detector(rules, tables);
    }
    if (source.cidrs.length > 0) this.networks = blockList(source.cidrs);
  }

  /** What compiling its patterns made. */
  get tables(): DetectorTables | undefined {
    return this.patterns?.tables;
  }

  allows(entity: string, value: string): boolean {
    if (this.exact.has(value)) return true;
    if (this.patterns && matchesWhole(this.patterns, value)) return true;
    if (!this.networks || entity !== 'IP_ADDRESS') return false;
    const version = isIP(value);
    return version !== 0 && this.networks.check(value, version === 4 ? 'ipv4' : 'ipv6');
  }
}

function blockList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits = ''] = cidr.split('/');
    const version = isIP(address);
    const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (version === 0 || !(prefix <= (version === 4 ? 32 : 128))) {
      throw new RedactionError(
        'redaction.bad_cidr',
        `allow list: ${cidr} is not a network such as 10.0.0.0/8`,
      );
    }
    list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function matchesWhole(detector: Detector, value: string): boolean {
  const { product, alphabet, startClass } = detector;
  let state = DEAD;
  for (let k = 0; k < value.length; k++) {
    const cls = alphabet.classOf[value.charCodeAt(k)]!;
    state = k === 0 ? detector.start(startClass, cls) : product.step(state, cls) >> 1;
    if (state === DEAD) return false;
  }
  return product.accepts[state] !== undefined;
}
