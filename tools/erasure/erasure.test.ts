import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { placeOf } from './places.ts';
import { openOwnSetting, type Setting } from './setting.ts';
import { type WalkReport, walkErasure } from './walk.ts';

let setting: Setting;
let report: WalkReport;

beforeAll(async () => {
  setting = await openOwnSetting();
  report = await walkErasure(setting);
}, 240_000);
afterAll(() => setting?.stop());

test('what a person wrote is in the clear nowhere: no table, log, stream, export, copy or log line', () => {
  expect(report.markers.length).toBeGreaterThanOrEqual(11);
  expect(report.places.flatMap(({ hits }) => hits)).toEqual([]);
  const read = report.places.map(({ place }) => place);
  expect(read).toEqual(
    expect.arrayContaining([
      'Postgres write-ahead log',
      'JetStream: events',
      "sinks' files",
      'exports',
      'logs',
    ]),
  );
});

test('once a person is forgotten no service can open what they wrote, though each had their key a moment ago', () => {
  expect(report.findings.filter(({ isGone }) => !isGone)).toEqual([]);
  const services = new Set(report.findings.map(({ where }) => where.split(':')[0]));
  expect([...services].sort()).toEqual(['approval', 'audit', 'ingress', 'masking', 'policy']);
});

test('every file belongs to a place', () => {
  expect(placeOf('/w', '/w/postgres/data/pg_wal/000000010000000000000001')).toBe('Postgres write-ahead log');
  expect(placeOf('/w', '/w/nats/jetstream/$G/streams/EVENTS/msgs/1.blk')).toBe('JetStream: events');
  expect(placeOf('/w', '/w/audit.log')).toBe('logs');
  expect(placeOf('/w', '/w/sallyport.yaml')).toBe('the rest of the folder');
});
