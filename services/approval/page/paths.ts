/**
 * Addresses of the decision page, below the approval service's public URL (`ApprovalSettings.publicUrl`, from
 * `SALLYPORT_APPROVAL_URL`). A link to one carries no authority: who follows it logs in, and a GET decides nothing.
 */
export const pagePaths = {
  list: '/approvals',
  /** Server-sent events: what changed, as far as the person may see it. */
  changes: '/approvals/changes',
  reviews: '/reviews',
  grants: '/grants',
  statistics: '/statistics',
  login: '/login',
  loginReturn: '/login/return',
  loginDone: '/login/done',
  logout: '/logout',
} as const;

/** Where one approval request is shown, e.g. `/approvals/0190…`. */
export function approvalPath(id: string): string {
  return `${pagePaths.list}/${encodeURIComponent(id)}`;
}

/**
 * The whole link to one approval request, for notifications.
 * @public
 */
export function approvalLink(publicUrl: string, id: string): string {
  return `${publicUrl.replace(/\/+$/, '')}${approvalPath(id)}`;
}

/** A grant in the REST API. */
export function grantApiPath(id: string): string {
  return `/v1/grants/${encodeURIComponent(id)}`;
}

/** The same approval request in the REST API. */
export function approvalApiPath(id: string): string {
  return `/v1/approvals/${encodeURIComponent(id)}`;
}

/** An address to go back to after a login: a path of this page and of nothing else, the list by default. */
export function safePath(to: unknown): string {
  const ours = /^\/(approvals|reviews|grants|statistics|login\/done)([/?][\x21-\x7e]*)?$/;
  return typeof to === 'string' && to.length <= 1500 && ours.test(to) && !to.includes('\\')
    ? to
    : pagePaths.list;
}
