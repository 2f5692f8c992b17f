import { findMarkers } from '../checks/find-markers.ts';
import { askEverywhere, type Finding, forgetCarol } from './forgetting.ts';
import { type Marker, Markers } from './markers.ts';
import { placeNames, placeOf } from './places.ts';
import { makeProbes } from './probes.ts';
import { openSealing } from './sealing.ts';
import type { Setting } from './setting.ts';
import { readStreams } from './streams.ts';
import { copyOut, typeMarkers } from './type-markers.ts';

/** What one place was found to hold. */
export interface PlaceReport {
  readonly place: string;
  /** Files, or messages. */
  readonly files: number;
  readonly bytes: number;
  /** Files in which something was found, with what and in which form. */
  readonly hits: readonly string[];
}

export interface WalkReport {
  readonly markers: readonly Marker[];
  readonly findings: readonly Finding[];
  readonly places: readonly PlaceReport[];
  readonly isClean: boolean;
}

/** Types markers, lets carol be forgotten, asks every service for them, and reads every byte that is kept. */
export async function walkErasure(setting: Setting): Promise<WalkReport> {
  const markers = new Markers();
  const sealing = await openSealing(setting);
  try {
    const typed = await typeMarkers(setting, markers, sealing);
    await copyOut(setting, typed.word, 'before');
    const before = await streamed('before', setting, markers.all);
    const probes = await makeProbes(setting, sealing);
    await forgetCarol(setting);
    const findings = await askEverywhere(setting, typed, probes);
    await copyOut(setting, null, 'after');
    await setting.flush();
    const places = [before, ...(await readPlaces(setting, markers.all))];
    const isClean = findings.every(({ isGone }) => isGone) && places.every(({ hits }) => hits.length === 0);
    return { markers: markers.all, findings, places, isClean };
  } finally {
    sealing.sealer.close();
  }
}

async function readPlaces(setting: Setting, markers: readonly Marker[]): Promise<PlaceReport[]> {
  const { dir } = setting;
  const texts = markers.map(({ text }) => text);
  const report = await findMarkers(dir, texts);
  const kept = placeNames.flatMap((place): PlaceReport[] => {
    const files = report.read.filter(({ file }) => placeOf(dir, file) === place);
    if (files.length === 0) return [];
    const hits = report.hits.filter(({ file }) => placeOf(dir, file) === place);
    return [
      {
        ...{ place, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) },
        hits: hits.map(({ file, form, marker }) => `${file}: ${whereOf(markers, marker)} (${form})`),
      },
    ];
  });
  return [...kept, await streamed('after', setting, markers)];
}

async function streamed(
  when: 'before' | 'after',
  setting: Setting,
  markers: readonly Marker[],
): Promise<PlaceReport> {
  const { messages, bytes, hits } = await readStreams(
    setting,
    markers.map(({ text }) => text),
  );
  return {
    ...{ place: `JetStream: every message, ${when}`, files: messages, bytes },
    hits: hits.map(({ stream, marker, form }) => `${stream}: ${whereOf(markers, marker)} (${form})`),
  };
}

const whereOf = (markers: readonly Marker[], text: string): string =>
  markers.find((marker) => marker.text === text)?.where ?? text;
