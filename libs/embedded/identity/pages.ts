const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe to stand in HTML, in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/** A complete page; `body` is HTML. Loads nothing from elsewhere. */
export function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:12vh auto;padding:0 1rem;color:#1b1f24}
label{display:block;margin:.8rem 0 .2rem}input{width:100%;box-sizing:border-box;padding:.5rem;font:inherit}
button{margin-top:1rem;padding:.5rem 1rem;font:inherit}.error{color:#a40e26}.note{color:#57606a;font-size:.875rem}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}.error{color:#ff7b72}}</style>
</head><body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`;
}

/** The form that asks for name and password; posts to the address it was served from. */
export function loginPage(failed: boolean): string {
  return page(
    'Sign in',
    `${failed ? '<p class="error" role="alert">Wrong name or password.</p>' : ''}
<form method="post" autocomplete="off"><label for="user">Name</label><input id="user" name="user" required autofocus>
<label for="password">Password</label><input id="password" name="password" type="password" required>
<button>Sign in</button></form>
<p class="note">This identity provider serves the examples on this machine only. The names are alice, bob, carol,
dave and erin; the passwords were made at the first start and lie in <code>.sallyport/identity/passwords.json</code>.</p>`,
  );
}

/** Asks whether the named program may act for the person who has just logged in. */
export function consentPage(client: string, user: string): string {
  return page(
    'Let this program in?',
    `<p><strong>${escapeHtml(client)}</strong> will act as <strong>${escapeHtml(user)}</strong>.</p>
<form method="post"><button autofocus>Allow</button></form><p class="note">Close this page to refuse.</p>`,
  );
}
