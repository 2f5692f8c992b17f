/** What a bundle is about. */
export interface EvidenceScope {
  readonly about: string;
  readonly origin: string;
  readonly madeAt: string;
  readonly hasReports: boolean;
  /** How many of its keys the key before handed over to. */
  readonly handovers: number;
}

/** How somebody who was given the bundle verifies it. */
export function evidenceReadme({ about, origin, madeAt, hasReports, handovers }: EvidenceScope): string {
  return `# Evidence of ${about}

Made ${madeAt} from the ledger \`${origin}\`.

| file | what it is |
| --- | --- |
| \`ledger.ndjson\` | every recorded event, with proofs and signed checkpoints; content stays sealed |
| \`key.txt\` | the public keys of the ledger, as the service gave them: from the first that signed in here on |
${handovers > 0 ? '| `handover-1.txt`, … | statements, each signed by the key before, that the next one takes over |\n' : ''}| \`checkpoint.txt\` | the newest signed checkpoint when this was made |
| \`policy/\` | the text of each revision that was in force, and \`revisions.json\`: when, and who put it into force |
| \`gaps.json\` | what the service itself found missing or not fitting, also what somebody took note of |
${hasReports ? '| `reports/` | requests, outcomes, votes, decision times, tokens and masked values, counted |\n' : '| `session.json` | the request as a person reads it, without content |\n'}| \`controls.md\` | which control each of these is evidence for |
| \`SHA256SUMS\` | digests of the files above |

## Verify

    sha256sum -c SHA256SUMS
    sallyport audit verify ledger.ndjson --key key.txt --origin ${origin} --anchor checkpoint.txt --policy policy

The second needs no service and no network; it ends with INTACT (exit code 0) or names the first bad entry (1).
A key and a checkpoint out of the bundle itself prove that it is consistent. That it is *the* ledger, and was not rewritten as
a whole, only a key and a checkpoint prove that you got another way, earlier: give those instead.${handovers > 0 ? '\nThe first of the keys is enough then, with `--handover handover-1.txt` and so on.' : ''}

With \`--policy\` it compares each policy text with what the ledger says was put into force: revision and digest stand in
\`config.activated\`; the digest is the SHA-256 of the canonical JSON (RFC 8785) of \`document\` in \`policy/<revision>.json\`. The
ledger file holds those entries, and erasures of people in it, also where they are from another time. Reports, gaps and the
session are the service's reading of the ledger, not signed.
`;
}

/** Which control each file and command is evidence for. */
export const evidenceControls = `# Controls and their evidence

A file or command shows that a control works in this gateway. Whether the control as a whole is met is for you and your auditor
to judge; what is not about requests to models is not in here.

| framework | control | evidence | command |
| --- | --- | --- | --- |
| SOC 2 | CC6.1 logical access | \`policy/\` (who may reach which connection); \`request.completed\` with outcome \`denied\` in \`ledger.ndjson\` | \`config diff r1 r2\`, \`audit list --outcome denied\` |
| SOC 2 | CC6.2, CC6.3 access granted, changed, removed | \`config.activated\`, \`gateway-key.changed\`, \`principal.frozen\` in \`ledger.ndjson\`; \`policy/revisions.json\` | \`config log\`, \`frozen\` |
| SOC 2 | CC6.7 disclosure of data restricted | masked values in \`reports/\`; \`findings\` of \`request.completed\` | \`audit report --by connection\`, \`audit list --entity EMAIL\` |
| SOC 2 | CC7.2 monitoring for anomalies | \`gaps.json\`, \`access.denied\` in \`ledger.ndjson\` | \`audit gaps --all\`, \`audit sinks\` |
| SOC 2 | CC7.3, CC7.4 incidents evaluated, answered | \`principal.frozen\`, votes and reviews in \`ledger.ndjson\` | \`audit show ID\`, \`reviews list\`, \`frozen\` |
| SOC 2 | C1.2, P4.3 confidential and personal information disposed of | \`content.erased\`, \`content.dropped\` with its tombstones in \`ledger.ndjson\` | \`audit erasures ID --certificate\`, \`audit verify\` |
| SOC 2 | CC8.1 changes authorised | \`approval.decided\` at gate \`change\`, \`policy/revisions.json\` | \`config log\`, \`config diff r1 r2\` |
| ISO/IEC 27001:2022 | A.5.15, A.5.18, A.8.3 access control, access rights, information access restriction | \`policy/\`, \`access.denied\` | \`config log\` |
| ISO/IEC 27001:2022 | A.5.28 collection of evidence | this bundle | \`audit evidence\` |
| ISO/IEC 27001:2022 | A.5.33 protection of records | proofs and checkpoints in \`ledger.ndjson\` | \`audit verify\` |
| ISO/IEC 27001:2022 | A.5.34, A.8.10, A.8.11 privacy, deletion, masking | \`content.erased\`, \`content.dropped\`, \`findings\` | \`audit erasures ID --certificate\`, \`audit report\` |
| ISO/IEC 27001:2022 | A.8.15, A.8.16 logging, monitoring | \`ledger.ndjson\`, \`gaps.json\` | \`audit export\`, \`audit gaps\` |
| ISO/IEC 27001:2022 | A.8.32 change management | \`config.activated\`, \`policy/revisions.json\` | \`config log\` |
| GDPR | Art. 17(1) erasure; 17(3)(e) what legal claims need is kept | \`content.erased\` and the decision on it, \`content.held\` in \`ledger.ndjson\` | \`audit erasures ID --certificate\`, \`audit hold list\` |
| GDPR | Art. 30(1)(c), (d), (f), (g) records of processing: whose data and which kinds, who got it, time limits, security measures | \`reports/user.csv\`, \`reports/connection.csv\`; retention in \`policy/\` | \`audit report --by connection\` |
| EU AI Act | Art. 12(1), (2) events recorded automatically, operation traceable | \`ledger.ndjson\` | \`audit export\`, \`audit replay ID\` |
| EU AI Act | Art. 14(4) people understand, override and stop | \`approval.requested\`, \`approval.decided\`; \`reports/approver.csv\` | \`audit report --by approver\`, \`audit show ID\` |
| EU AI Act | Art. 26(2), (5), (6) deployers: oversight, monitoring, logs kept | \`reports/\`, \`gaps.json\`; \`retention\` in \`policy/\` | \`audit report\`, \`audit evidence\` |

Article 26(6) asks deployers of high-risk systems to keep logs for at least six months: see \`retention.metadata\` and
\`retention.decisions\` in the policy.
`;

/** The same for a bundle about one request, which has no reports. Pure. */
export function controlsOfRequest(): string {
  return evidenceControls.replace(
    '\n\n| framework',
    '\n\nThis bundle is about one request: it has no `reports/`; the commands make them for a period.\n\n| framework',
  );
}
