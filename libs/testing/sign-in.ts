interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

type Go = (url: string, form?: Record<string, string>) => Promise<Page>;

/** Follows redirects with a cookie jar, as a browser does, and stops at addresses outside of the issuer. */
export function browser(issuer: string): Go {
  const jar = new Map<string, string>();
  const go: Go = async (url, form) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s);
      jar.set(name, value);
    }
    const next = response.headers.get('location');
    if (next === null) return { url, status: response.status, text: await response.text() };
    const target = new URL(next, url).href;
    return target.startsWith(issuer) ? go(target) : { url: target, status: response.status, text: '' };
  };
  return go;
}

const field = (text: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]+)"`).exec(text)?.[1] ?? '';

/** What a person does in the embedded provider's pages to let a device in. Gives the last page. */
export async function letDeviceIn(
  issuer: string,
  address: string,
  login: { user: string; password: string },
): Promise<Page> {
  const go = browser(issuer);
  const confirm = (page: Page) =>
    go(`${issuer}/device`, {
      xsrf: field(page.text, 'xsrf'),
      user_code: field(page.text, 'user_code'),
      ...(page.text.includes('deviceConfirmForm') && { confirm: 'yes' }),
    });
  let page = await go(address);
  while (!page.url.includes('/interaction/')) page = await confirm(page);
  const consent = await go(page.url, login);
  return go(consent.url, {});
}
