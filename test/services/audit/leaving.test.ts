import { expect, test } from '@jest/globals';
import { RecordedController } from '../../../services/audit/recorded/recorded.controller.ts';
import { Reports } from '../../../services/audit/reporting/reports.ts';
import type { SessionRow } from '../../../services/audit/sessions/session-row.ts';

const query = { by: 'user', format: 'json' } as const;
const left = { code: 'request.invalid' };
/** More than are made or wait at once. */
const many = 8;

/** Reports of a ledger without an end, in which `onPage` is called for each page. */
function reportsOf(onPage: (nth: number) => boolean): Reports {
  let nth = 0;
  const rows = (): SessionRow[] =>
    Array.from({ length: 201 }, (_, n) => ({
      ...{ id: `req-${String(n).padStart(32, '0')}`, indexes: [], findings: [], rules: [] },
    })) as unknown as SessionRow[];
  const sessions = {
    page: async () => (onPage(++nth) ? rows() : []),
    factsAt: async () => new Map(),
  };
  return new Reports(sessions as never, { at: async () => [] } as never);
}

test('a report whose callers left is given up, and those that wait behind it are made', async () => {
  let isGone = false;
  const reports = reportsOf((nth) => {
    if (nth === 2) isGone = true;
    return !isGone || nth === 2;
  });
  const given = Array.from({ length: many }, () => reports.make(query, Date.now(), () => isGone));
  for (const report of given) await expect(report).rejects.toMatchObject(left);
  expect(await reports.make(query, Date.now())).toMatchObject({ requests: 0 });
});

const yaml = JSON.stringify({
  version: 1,
  identity: { issuers: [{ issuer: 'https://login.example.test', audience: 'sallyport' }] },
  connections: { demo: { baseUrl: 'https://model.example.test', models: ['demo'] } },
  rules: [{ name: 'all', match: { connections: ['demo'] }, effect: 'allow' }],
});

test('a simulation whose caller left is given up, and the next one is made', async () => {
  const socket = { destroyed: false };
  let pages = 0;
  const recorded = {
    pages: async function* () {
      for (;;) {
        if (socket.destroyed) pages++;
        if (pages > 1) return;
        yield [];
        socket.destroyed = true;
      }
    },
  };
  const controller = new RecordedController(recorded as never, {} as never, {} as never);
  const files = [{ name: 'sallyport.yaml', text: yaml }];
  const simulate = (from: object) =>
    controller.simulate({ files } as never, {} as never, [], { socket: from } as never);
  await expect(simulate(socket)).rejects.toMatchObject(left);
  expect(await simulate({ destroyed: false })).toMatchObject({ requests: 0 });
});
