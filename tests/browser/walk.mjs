// Every page that the route table names, found by following links. Owns the list of pages that no link can lead to.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const TABLE = new URL('../../crates/holdfast-web/tests/it/authorization.txt', import.meta.url);

/** Most pages of one walk: a list that links to ever more of itself must not go on for ever. */
const PAGES_MAX = 400;

/** GET routes that are no pages, or that no link leads to, each with the reason. */
const NOT_WALKED = [
  [/^\/api\//, 'the interface for programs'],
  [/^\/static\//, 'parts of pages'],
  [/^\/healthz$/, 'for monitoring'],
  [/\/live$|\/events$|\/stream$/, 'streams'],
  [/\.(svg|pdf|json|atom|xml|txt|csv|webmanifest|pem|jsonld)$/, 'files'],
  [/^\/\.well-known\//, 'files'],
  [/\/chart\//, 'parts of pages'],
  [/^\/sign-in\/oidc|^\/account\/oidc\/link/, 'lead to an identity provider, which is somebody else\'s'],
  [/\/(qr|label|download|export|envelope)(\.[a-z]+)?$/, 'files'],
];

/** GET routes of pages, with who may see them: `{ path, access }`. */
export const ROUTES = readFileSync(TABLE, 'utf8')
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
  .filter(([method, path]) => method === 'GET' && path && !NOT_WALKED.some(([pattern]) => pattern.test(path)))
  .map(([, path, access]) => ({ path, access }));

const pattern = ({ path }) => new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`);
const MATCHERS = ROUTES.map((route) => ({ route, matches: pattern(route) }));

/** The route of a path. A route without a variable goes before one with it. */
export function routeOf(path) {
  if (NOT_WALKED.some(([pattern]) => pattern.test(path))) return undefined;
  const fits = MATCHERS.filter(({ matches }) => matches.test(path));
  fits.sort((a, b) => a.route.path.split('{').length - b.route.path.split('{').length);
  return fits[0]?.route.path;
}

/**
 * Follows every link from `starts` and looks at each page with `look(page, path)`. Answers the routes that were seen, each
 * with one path, and what was wrong; a page that is not 200 is wrong. Of each route `same` pages are
 * looked at: five devices look like five hundred.
 */
export async function walk(guest, page, starts, look, same = 2) {
  const [open, known, count, seen, wrong] = [[...starts], new Map(starts.map((path) => [path, 'start'])), new Map(), new Map(), []];
  let pages = 0;
  while (open.length > 0) {
    const path = open.shift();
    const route = routeOf(path.split('?')[0]);
    if (!route || (count.get(route) ?? 0) >= same) continue;
    count.set(route, (count.get(route) ?? 0) + 1);
    assert.ok(++pages <= PAGES_MAX, 'the walk does not end');
    const response = await page.goto(new URL(path, guest.origin).href);
    if (!seen.has(route)) seen.set(route, path);
    try {
      assert.equal(response.status(), 200, path);
      assert.match(response.headers()['content-type'] ?? '', /^text\/html/, path);
      await plain(page, path);
      if (look) await look(page, new URL(page.url()).pathname);
    } catch (why) {
      wrong.push(`${path} (from ${known.get(path)}): ${why.message}`);
    }
    for (const href of await page.locator('a[href]').evaluateAll((all) => all.map((a) => a.href))) {
      const url = new URL(href);
      const next = url.pathname + url.search;
      if (url.origin === guest.origin && !url.searchParams.has('lang') && !known.has(next)) {
        known.set(next, path);
        open.push(next);
      }
    }
  }
  return { seen, wrong };
}

/** What holds for every page, with scripts and without. */
async function plain(page, path) {
  assert.equal(await page.locator('h1').count(), 1, `${path}: one h1`);
  assert.equal(await page.locator('main').count(), 1, `${path}: one main`);
  assert.notEqual((await page.title()).trim(), '', `${path}: a title`);
  const forms = await page.locator('form').evaluateAll((all) =>
    all.map((form) => ({
      action: form.getAttribute('action'),
      method: form.method,
      // One field of a search is sent by the Enter key alone (HTML, implicit submission).
      buttons: form.querySelectorAll('button, input[type=submit]').length || form.querySelectorAll('input[type=search]').length,
    })),
  );
  for (const form of forms) {
    assert.ok(form.buttons > 0, `${path}: the form to ${form.action} has no button`);
    assert.ok(['get', 'post'].includes(form.method), `${path}: ${form.method}`);
  }
}
