import type { Whoami } from '#contracts';
import { assetPaths } from '../assets/assets.ts';
import { pagePaths } from '../paths.ts';
import { type Child, type Html, html } from './html.ts';

/** Who looks, and the token their forms carry. */
export interface Viewer {
  person: Whoami;
  formToken: string;
}

export interface PageParts {
  title: string;
  /** Nobody where a page is shown without a login. */
  viewer?: Viewer | undefined;
  current?: 'approvals' | 'reviews' | 'grants' | 'statistics';
  body: Child;
}

/** A whole page: nothing in it comes from elsewhere, and nothing runs inline. */
export function page({ title, viewer, current, body }: PageParts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="same-origin">
<title>${title} · Sallyport</title>
<link rel="icon" href="${assetPaths.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assetPaths.style}">
<script src="${assetPaths.script}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="brand" href="${pagePaths.list}" aria-label="Sallyport"><span class="mark" aria-hidden="true"></span><span class="brand-name">Sallyport</span></a>
${viewer && signedIn(viewer, current)}
</header>
<main id="main" tabindex="-1">${body}</main>
</body>
</html>
`.text;
}

function signedIn(viewer: Viewer, current: PageParts['current']): Html {
  const link = (name: PageParts['current'], path: string, label: string): Html =>
    html`<a href="${path}"${current === name && html` aria-current="page"`}>${label}</a>`;
  const { person } = viewer;
  return html`<nav aria-label="Pages">
${link('approvals', pagePaths.list, 'Approvals')}
${link('reviews', pagePaths.reviews, 'Reviews')}
${link('grants', pagePaths.grants, 'Grants')}
${link('statistics', pagePaths.statistics, 'Statistics')}
</nav>
<form class="who" method="post" action="${pagePaths.logout}">
${formToken(viewer)}
<bdi title="${person.issuer} ${person.subject}">${person.name ?? person.subject}</bdi>
<button class="quiet">Log out</button>
</form>`;
}

/** What every form carries, so that no other site can send it. */
export function formToken({ formToken: token }: Viewer): Html {
  return html`<input type="hidden" name="csrf" value="${token}">`;
}

/** A short page with one message. */
export function messagePage(parts: { title: string; viewer?: Viewer | undefined; body: Child }): string {
  const { title, viewer, body } = parts;
  return page({ title, viewer, body: html`<section class="message"><h1>${title}</h1>${body}</section>` });
}
