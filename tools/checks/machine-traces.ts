import { type Finding, findAll, type Source } from './sources.ts';

/** Package registries: which one is used is the machine's affair (`.npmrc` of its user), never the repository's. */
const registries =
  /https?:\/\/(?:registry\.[a-z0-9.-]+|[a-z0-9.-]*\b(?:npmjs|yarnpkg|npmmirror|jfrog|artifactory)\b[a-z0-9.-]*)[^\s"'`)]*/gi;

/** Folders of one person's or one machine's disk. */
const folders = /(?<![\w.$}~/-])\/(?:home|Users|root|work|workspace|builds)\/[\w.-]+/g;

/** Registry addresses and machine paths. */
export function findMachineTraces(sources: readonly Source[]): Finding[] {
  return sources
    .filter(({ path }) => !path.startsWith('tools/checks/'))
    .flatMap((source) => [
      ...findAll(source, registries, (match) => `names a package registry: ${match}`),
      ...findAll(source, folders, (match) => `names a folder of one machine: ${match}`),
    ]);
}
