/**
 * Addresses of the decision page, below the approval service's public URL (`ApprovalSettings.publicUrl`, from
 * `SALLYPORT_APPROVAL_URL`). A link to one carries no authority: who follows it logs in, and a GET decides nothing.
 */
export const pagePaths = {
  list: '/approvals',
  reviews: '/reviews',
  login: '/login',
  loginReturn: '/login/return',
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
